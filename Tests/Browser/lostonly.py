import argparse, lost
from browser import Tally
from budgets import WECHAT
p = argparse.ArgumentParser(); p.add_argument("--base"); p.add_argument("--shots"); o, _ = p.parse_known_args()
base, shots, tally = o.base.rstrip("/"), o.shots, Tally()
with tally.chapter("no network"):
    lost.offline(base, tally, shots, WECHAT, "no network", lost.go_offline, lambda page, code: lost.go_offline(page, False))
with tally.chapter("a lost answer"):
    lost.offline(base, tally, shots, WECHAT, "a lost answer", lost.lose_answer, lambda page, code: None)
with tally.chapter("a lost answer and a reload"):
    lost.offline(base, tally, shots, WECHAT, "a lost answer and a reload", lost.lose_answer, lost.reload)
tally.finish()
