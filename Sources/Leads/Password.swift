import Foundation

/// A password people choose: 12–128 characters after NFC, not one that everybody tries (ASVS 5.0 V6.2).
package struct Password: Sendable {
    package let text: String

    /// - Throws: `password_weak`.
    package init(choosing raw: String, username: String) throws(ValidationFailure) {
        let composed = raw.precomposedStringWithCanonicalMapping
        guard (12...128).contains(composed.count) else {
            throw ValidationFailure("password_weak", "密码需要 12–128 个字符", english: "A password has 12 to 128 characters.")
        }
        guard !Self.isCommon(composed, username: username) else {
            throw ValidationFailure("password_weak", "这个密码太常见，请换一个，例如几个不相干的词", english: "This password is too common.")
        }
        self.text = composed
    }

    private static func isCommon(_ composed: String, username: String) -> Bool {
        let lowered = composed.precomposedStringWithCompatibilityMapping.lowercased()
        let letters = lowered.filter(\.isLetter)
        let names = CommonWords.all.union([username.lowercased().filter(\.isLetter)].filter { $0.count > 1 })
        return Set(lowered).count < 5 || lowered.allSatisfy(\.isNumber) || lowered.contains("huifang")
            || self.isOneWordRepeated(lowered) || self.isRun(lowered)
            || (!letters.isEmpty && self.isMade(of: names, letters))
            || (!letters.isEmpty && self.isMade(of: names, self.withoutDisguise(lowered)))
    }

    /// Nothing but at most three of the words; digits and signs between and around them are gone already.
    private static func isMade(of words: Set<String>, _ text: String, atMost most: Int = 3) -> Bool {
        guard !text.isEmpty else { return true }
        guard most > 0 else { return false }
        return (1...min(text.count, CommonWords.longest)).contains { length in
            words.contains(String(text.prefix(length)))
                && self.isMade(of: words, String(text.dropFirst(length)), atMost: most - 1)
        }
    }

    /// `p@ssw0rd2026!` as `password`: what stands at the ends is dropped, what replaces a letter becomes it.
    private static func withoutDisguise(_ text: String) -> String {
        let disguises: [Character: Character] = [
            "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i",
        ]
        guard let first = text.firstIndex(where: \.isLetter), let last = text.lastIndex(where: \.isLetter) else {
            return ""
        }
        return String(text[first...last].compactMap { $0.isLetter ? $0 : disguises[$0] })
    }

    /// `abcabcabcabc`: a start of at most six characters, over and over.
    private static func isOneWordRepeated(_ text: String) -> Bool {
        let characters = Array(text)
        return (1...6).contains { length in
            characters.indices.allSatisfy { characters[$0] == characters[$0 % length] }
        }
    }

    /// A way along the keyboard or the alphabet, forth or back.
    private static func isRun(_ text: String) -> Bool {
        CommonWords.runs.contains { $0.contains(text) || String($0.reversed()).contains(text) }
    }
}

/// What passwords that everybody tries are made of: English and pinyin words, names, places, ways along the keyboard, and the
/// words of this trade.
///
/// Short ones are here because passwords of twelve characters are made of several.
private enum CommonWords {
    static let longest = all.map(\.count).max() ?? 1

    static let runs = [
        "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
        "1q2w3e4r5t6y7u8i9o0p",
        "q1w2e3r4t5y6u7i8o9p0", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujmikolp", "zaq12wsxcde34rfvbgt5",
        "1qazxsw23edcvfr4",
        "a1b2c3d4e5f6g7h8i9", "qweasdzxcrtyfghvbn", "1a2b3c4d5e6f7g8h9i", "!@#$%^&*()_+|",
    ]

    static let all = Set(
        """
        a aa aaa abc abcd abcde abcdef abcdefg abcdefgh access account admin administrator adviser advisor ai aini \
        ainiyiwannian aiqing alex alibaba alipay amanda amazon andrew android angel anthony apple apr april arsenal asd \
        asdf asdfg asdfgh asdfghjkl asdzxc ashley auditor aug august autumn baby babygirl baidu bailey banana bangong \
        baobao baobei barcelona baseball basketball batman beibei beijing blink brother business buster butterfly \
        caishen caiwu callback caonima chang change changeme changsha charlie chelsea chengdu chenjie chenwei cherry \
        chocolate chongqing coffee company computer consult consulting cookie cooper corvette crm da dalian dandan \
        daniel darling database david de dec december default demo denglu dianhua dollar dongdong doudou douyin dragon \
        eagle edc example facai facaile facebook falcon family fangfang father feb february feifei ferrari fighting \
        flower football forever freedom friday friend friends fujian fuzhou gaimima gaoxing george ginger golf gong \
        gongsi gongxifacai gongzhu goodluck google guangdong guangzhou guanli guanliyuan guest guitar guojing guonian \
        guwen haha hahaha hangzhou hannah hao haoyun happy harley hebei hefei hehe heihei hello helloworld hen henan hi \
        hockey honey houtai huanhuan huawei hubei huifang hujiao hukou hunan hunter huwei i ilove iloveu iloveyou \
        inquiry internet iphone ironman is james jan january jennifer jessica jiangsu jiankang jiayou jifen jinan \
        jingjing jingli jixiang john jordan joshua jul july jun june juzhu juzhuzheng kefu kehu killer king kongzhitai \
        kuaile lala laoban laogong laopo laozi lead leads lenovo letmein lijun lili liming lina linlin linux lion liujun \
        liuwei liuyang liverpool liwei lixiang lixin lkjhgfdsa login love lovely loveme lover loveyou lucky luohu maggie \
        manage manager manchester maomao mar march martin marvel master matrix may me mercedes metallica michael \
        michelle microsoft million mima mimamima mimashi mingming mnbvcxz monday money monkey mother music mustang my \
        mypass mypassword mysql nanjing naruto network new newpassword ni nicole nihao nihaoma nimade ningbo ninja \
        nirvana niubi niuniu nopassword nothing nov november number oct october office old oldpassword one onetwothree \
        oracle orange panda pass passphrase passw passwd password passwordpassword passwort pepper phoenix piano pikachu \
        pingan pingping please poiuytrewq pokemon porsche postgres prince princess privacy private pwd q qaz qazwsx \
        qazwsxedc qianqian qianzai qinaide qingdao qq queen qwe qweasd qweasdzxc qwer qwert qwerty qwertyuiop rainbow \
        ranger realmadrid renmin renshi rfv robert rockstar root ruyi sample samsung saturday sb secret security sep \
        september server service shabi shadow shandong shanghai shebao shehui shengri shengrikuaile shenzhen shi shouji \
        shoujihao sichuan sister smile soccer sophie spiderman spring staff starwars summer sunday sunshine sunwei \
        superman superstar supervisor support suzhou sweet sweetie sweety system ta taobao temp tencent tennis test \
        tester testing the thepassword thomas three thunder thursday tianjin tianshi tiantian tiger tingting tmall \
        trustno trustnoone tuesday two u ubuntu united user wangba wangfang wangjimima wangjun wanglei wangwei wangxin \
        wangzi warrior wechat wednesday weibo weixin welcome whatever william windows winter wo woaibeijing woaini \
        woaishanghai woaita woaiwo woaiwojia woaizhongguo wocao wode wodemima work world woshi woshini woshishui \
        woxiangni wsx wsxedc wuhan wuwei wuxi x xiamen xian xiangni xiao xiaohong xiaoli xiaolong xiaomi xiaoming \
        xiaoqiang xiaoshou xiaoxiao xihuan xingfu xingzheng xinnian xinniankuaile xixi xuwei xyz yamaha yangfan yangjun \
        yangyang yankees yewu yibeizi yiwannian yonghu yongyuan you yourpassword yuangong yuanyuan z zaq zaqwsx zhanghao \
        zhangjie zhangjun zhanglei zhangli zhangmin zhangwei zhaocai zhaoyang zhejiang zhenai zhengzhou zhiai zhongguo \
        zhonghua zhouwei zhuwei zhuzhu zixun zongjingli zxc zxcv zxcvb zxcvbn zxcvbnm
        """.split(separator: " ").map(String.init))
}
