package import Foundation
import Hummingbird
import Leads
import Logging
package import Postgres
package import ServiceLifecycle

/// The composition root: configuration and dependencies in, router and workers out.
package struct LeadServices: Sendable {
    package let router: ServiceRouter
    package let database: Database
    package let settings: SettingsStore
    package let calendar: CalendarStore
    package let rules: RulesStore
    package let accounts: StaffAccounts
    package let sites: Sites
    package let exports: LeadExport
    package let outboxWorker: SMSOutboxWorker
    package let deliveryWorker: DeliveryWorker
    package let deliveries: DeliveryReports
    package let reminders: ReminderWorker
    package let lateNotices: LateNoticeWorker
    package let permits: PermitWorker
    package let eligibility: EligibilityWorker
    package let calls: CallWorker
    package let telephoneSecrets: TelephoneSecrets
    package let sla: SLAWorker
    package let forecastWatch: ForecastWatchWorker
    package let pauses: PauseWorker
    package let assignment: AssignmentWorker
    package let watch: WatchWorker
    package let robotPosts: RobotPostWorker
    package let robots: Robots
    package let webhooks: WebhookWorker
    package let sendWatch: SendWatchWorker
    package let exportJobs: ExportJobWorker
    package let imports: ImportWorker
    package let rollups: StatisticsRollups
    package let housekeeping: HousekeepingWorker
    package let auditChain: AuditChainWorker
    package let auditAnchors: AuditAnchorWorker
    /// Tells the consoles of this process what changes; it belongs to the role `http` and stops before the server.
    package let queueWatch: QueueWatchWorker
    /// What runs the rounds of the workers, and leaves out those that are held.
    package let rounds: JobRounds
    private let notices: PrivacyNoticeStore
    private let keyCheck: KeyCheck
    private let now: @Sendable () -> Date
    private let stores: [any Service]

    package init(
        configuration: ServiceConfiguration, dependencies: Dependencies, client: PostgresClient,
        sentMessages: SentMessages,
        resources: URL = Resources.folder
    ) async throws {
        let database = Database(client: client, logger: dependencies.logger)
        let settings = SettingsStore(database: database, now: dependencies.now, locked: configuration.lockedSettings)
        let settingsImport = SettingsImport(
            database: database, dependencies: dependencies, locked: configuration.lockedSettings.keys)
        let rules = try RuleFiles(folder: resources.appendingPathComponent("rules"))
        let calendar = CalendarStore(database: database, shipped: rules.calendar)
        let pages = try await Pages(resources: resources, settings: settings)
        let outbox = OutboxSignal()
        let factor = configuration.budgetFactor

        let sessions = StaffSessions(database: database, dependencies: dependencies, configuration: configuration)
        let apiKeys = APIKeys(database: database, dependencies: dependencies, budgetFactor: factor)
        let accounts = StaffAccounts(database: database, dependencies: dependencies)
        let verification = PhoneVerification(
            database: database, dependencies: dependencies, settings: settings, budgetFactor: factor,
            proofOfWork: configuration.proofOfWork, outbox: outbox)
        let notices = PrivacyNoticeStore(
            database: database, now: dependencies.now, settings: settings,
            shipped: try ReferenceData(resources: resources).notices)
        let pointsRules = RulesStore(database: database, shipped: rules.points)
        let assessments = Assessments(
            database: database, dependencies: dependencies, settings: settings, rules: pointsRules,
            budgetFactor: factor)
        let privacyRequests = PrivacyRequests(
            database: database, dependencies: dependencies, settings: settings, assessments: assessments,
            budgetFactor: factor)
        let promises = PromiseTimes(settings: settings, calendar: calendar, now: dependencies.now)
        let questions = try Questionnaire(resources: resources)
        let inquiries = Inquiries(
            database: database, dependencies: dependencies, settings: settings, promises: promises, notices: notices,
            assessments: assessments, budgetFactor: factor, publicURL: configuration.publicURL)
        let reports = DeliveryReports(database: database, dependencies: dependencies)
        let codes = CodeSteps(
            reports: reports, settings: settings, gateways: dependencies.gateways)
        let visitors = VisitorPages(
            pages: pages, questions: questions, assessments: assessments, notices: notices, settings: settings,
            promises: promises, permits: rules.permits, codes: codes, now: dependencies.now,
            publicURL: configuration.publicURL)
        let tokens = FormTokens(dependencies: dependencies)
        let queue = CallbackQueue(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar)
        let entry = LeadEntry(
            database: database, dependencies: dependencies, settings: settings, promises: promises, notices: notices,
            assessments: assessments, queue: queue)
        let imports = ImportStore(
            database: database, dependencies: dependencies, entry: entry, promises: promises)
        let forecasts = Forecasts(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar)
        let eligibility = Eligibility(database: database, dependencies: dependencies, rules: pointsRules)
        let assignment = Assignment(queue: queue)
        let streams = EventStreams()
        let callSignal = OutboxSignal()
        let telephoneSecrets = TelephoneSecrets(database: database, dependencies: dependencies)
        let secondNumbers = SecondNumbers(database: database, dependencies: dependencies, settings: settings)
        let leads = LeadList(database: database, dependencies: dependencies)
        let exports = LeadExport(database: database, dependencies: dependencies)
        let exportJobs = ExportJobs(database: database, dependencies: dependencies, settings: settings)

        let sites = Sites(
            database: database, dependencies: dependencies, settings: settings, ownOrigins: configuration.ownOrigins)

        self.router = ServiceRouter(
            lists: [
                VisitorRoutes(
                    pages: visitors, sites: sites,
                    inquiries: inquiries, verification: verification, assessments: assessments,
                    links: LinkToken(keys: dependencies.keys),
                    tokens: tokens, dependencies: dependencies),
                ResultRoutes(
                    visitors: visitors, assessments: assessments, links: LinkToken(keys: dependencies.keys)),
                EmbedRoutes(sites: sites, visitors: visitors, tokens: tokens),
                try AssetRoutes(pages: pages, resources: resources),
                try ProblemRoutes(pages: pages, resources: resources),
                VerificationRoutes(
                    verification: verification, codes: codes, sites: sites,
                    testCodes: TestCodes(database: database, dependencies: dependencies)),
                QuarantineRoutes(
                    quarantine: Quarantine(
                        database: database, dependencies: dependencies, settings: settings, calendar: calendar,
                        budgetFactor: factor, publicURL: configuration.publicURL),
                    pages: pages),
                InquiryRoutes(
                    inquiries: inquiries, sites: sites, tokens: tokens, settings: settings,
                    publicURL: configuration.publicURL),
                ReceiptRoutes(
                    receipts: Receipts(
                        database: database, dependencies: dependencies, settings: settings, calendar: calendar),
                    pages: pages, settings: settings),
                BenefitRoutes(
                    benefits: Benefits(database: database, dependencies: dependencies, settings: settings), pages: pages
                ),
                NoticeRoutes(notices: notices, pages: pages),
                PrivacyRoutes(
                    requests: privacyRequests,
                    verification: verification, pages: pages, visitors: visitors,
                    publicURL: configuration.publicURL),
                AssessmentRoutes(
                    assessments: assessments, questions: questions, links: LinkToken(keys: dependencies.keys),
                    publicURL: configuration.publicURL),
                ReviewRoutes(
                    reviews: AssessmentReviews(
                        database: database, dependencies: dependencies, settings: settings, assessments: assessments),
                    pages: pages, visitors: visitors, dependencies: dependencies),
                PermitRoutes(permits: rules.permits, now: dependencies.now),
                PermitDateRoutes(permits: PermitDates(database: database, dependencies: dependencies)),
                EligibilityRoutes(eligibility: eligibility),
                StaffRoutes(sessions: sessions, pages: pages, configuration: configuration),
                SecondFactorRoutes(sessions: sessions, pages: pages, now: dependencies.now),
                AccountRoutes(accounts: accounts, pages: pages, now: dependencies.now),
                AuditRoutes(
                    audit: AuditList(database: database, dependencies: dependencies),
                    actions: try AuditActions(Resources.folder), pages: pages, now: dependencies.now),
                CalendarRoutes(
                    calendar: CalendarList(database: database),
                    load: CalendarImport(database: database, settings: settings, dependencies: dependencies),
                    store: calendar, pages: pages, now: dependencies.now),
                RetentionRoutes(
                    retention: Retention(database: database, dependencies: dependencies, settings: settings),
                    edit: RetentionEdit(
                        database: database, dependencies: dependencies, settings: settings, changes: settingsImport),
                    pages: pages, now: dependencies.now),
                APIKeyRoutes(keys: apiKeys, pages: pages, now: dependencies.now),
                SettingRoutes(
                    settings: settingsImport, store: settings, titles: try SettingTitles(resources: resources),
                    pages: pages,
                    now: dependencies.now),
                CompanyRoutes(
                    logos: CompanyLogos(database: database, now: dependencies.now), settings: settings),
                StartRoutes(
                    list: StartList(
                        database: database, dependencies: dependencies, settings: settings, notices: notices,
                        calendar: calendar),
                    trials: TrialMessages(
                        database: database, dependencies: dependencies, settings: settings, budgetFactor: factor,
                        publicURL: configuration.publicURL, signal: outbox),
                    pages: pages, now: dependencies.now),
                RuleSetRoutes(
                    sets: RuleSets(database: database, dependencies: dependencies), store: pointsRules, pages: pages,
                    now: dependencies.now),
                SiteRoutes(sites: sites, pages: pages, publicURL: visitors.publicURL, now: dependencies.now),
                WebhookRoutes(
                    webhooks: Webhooks(
                        database: database, dependencies: dependencies,
                        privateRanges: configuration.webhookPrivateRanges),
                    snippets: try WebhookSnippets(resources: resources), pages: pages, now: dependencies.now),
                PrivacyCaseRoutes(
                    cases: PrivacyCases(database: database, dependencies: dependencies, requests: privacyRequests),
                    pages: pages, publicURL: configuration.publicURL, now: dependencies.now),
                CallbackRoutes(queue: queue, numbers: secondNumbers, pages: pages, publicURL: configuration.publicURL),
                MyDayRoutes(
                    day: MyDay(database: database, dependencies: dependencies, forecasts: forecasts)),
                TelephoneRoutes(
                    queue: queue,
                    dialling: Dialling(queue: queue, settings: settings, secrets: telephoneSecrets, signal: callSignal),
                    reports: CallReports(database: database, dependencies: dependencies), secrets: telephoneSecrets,
                    numbers: secondNumbers,
                    missedCalls: MissedCallMessages(
                        database: database, dependencies: dependencies, settings: settings, budgetFactor: factor,
                        publicURL: configuration.publicURL, signal: outbox),
                    token: HookToken(configuration: configuration, keys: dependencies.keys), now: dependencies.now),
                ShiftRoutes(shifts: Shifts(database: database, dependencies: dependencies)),
                ClosureReviewRoutes(
                    reviews: ClosureReviews(database: database, dependencies: dependencies, calendar: calendar)),
                BoardRoutes(
                    board: Board(
                        database: database, dependencies: dependencies, settings: settings, calendar: calendar),
                    forecasts: forecasts, pages: pages),
                AssignmentRoutes(assignment: assignment),
                EventRoutes(streams: streams, queue: queue),
                AlertRoutes(alerts: Alerts(database: database, now: dependencies.now)),
                LeadRoutes(leads: leads, pages: pages),
                StatisticsRoutes(
                    reader: StatisticsReader(
                        database: database, dependencies: dependencies, settings: settings, calendar: calendar,
                        budgets: SendBudgets(keys: dependencies.keys, factor: factor)),
                    page: StatisticsPage(questions: questions, now: dependencies.now), pages: pages),
                AdvertisingCostRoutes(costs: AdvertisingCosts(database: database, dependencies: dependencies)),
                EntryRoutes(entry: entry, settings: settings),
                LeadImportRoutes(imports: LeadImports(store: imports), pages: pages, now: dependencies.now),
                ExportRoutes(exports: exports, jobs: exportJobs, now: dependencies.now),
                ExportJobRoutes(jobs: exportJobs, pages: pages, now: dependencies.now),
                JobRoutes(
                    jobs: Jobs(database: database, dependencies: dependencies), pages: pages, now: dependencies.now),
                DeliveryRoutes(reports: reports, configuration: configuration, dependencies: dependencies),
                DevelopmentRoutes(
                    messages: sentMessages, pages: pages, isOn: configuration.gateways.contains("console")),
                GalleryRoutes(
                    page: GalleryPage(visitors: visitors), pages: pages,
                    isOn: configuration.gateways.contains("console")),
            ],
            access: AccessCheck(
                sessions: sessions, keys: apiKeys, ownOrigins: configuration.ownOrigins, sites: sites,
                now: dependencies.now),
            pages: pages,
            sites: sites,
            configuration: configuration, databasePatience: dependencies.databasePatience)
        self.database = database
        self.settings = settings
        self.calendar = calendar
        self.rules = pointsRules
        self.accounts = accounts
        self.sites = sites
        self.exports = exports
        self.outboxWorker = SMSOutboxWorker(
            database: database, dependencies: dependencies, settings: settings, publicURL: configuration.publicURL,
            signal: outbox)
        self.deliveries = reports
        self.deliveryWorker = DeliveryWorker(
            database: database, dependencies: dependencies, settings: settings, reports: reports)
        self.reminders = ReminderWorker(
            database: database, dependencies: dependencies, settings: settings, budgetFactor: factor,
            publicURL: configuration.publicURL)
        self.lateNotices = LateNoticeWorker(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar,
            budgetFactor: factor,
            publicURL: configuration.publicURL)
        self.permits = PermitWorker(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar)
        self.eligibility = EligibilityWorker(eligibility: eligibility)
        self.calls = CallWorker(
            database: database, dependencies: dependencies, settings: settings, secrets: telephoneSecrets,
            privateRanges: configuration.webhookPrivateRanges, signal: callSignal)
        self.telephoneSecrets = telephoneSecrets
        self.sla = SLAWorker(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar)
        self.forecastWatch = ForecastWatchWorker(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar, forecasts: forecasts
        )
        self.pauses = PauseWorker(database: database, dependencies: dependencies)
        self.assignment = AssignmentWorker(assignment: assignment, dependencies: dependencies)
        self.watch = WatchWorker(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar)
        self.robotPosts = RobotPostWorker(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar,
            forecasts: forecasts, publicURL: configuration.publicURL)
        self.robots = Robots(database: database, dependencies: dependencies)
        self.webhooks = WebhookWorker(
            database: database, dependencies: dependencies, privateRanges: configuration.webhookPrivateRanges)
        self.sendWatch = SendWatchWorker(
            database: database, dependencies: dependencies, settings: settings, budgetFactor: factor)
        self.exportJobs = ExportJobWorker(database: database, dependencies: dependencies, settings: settings)
        self.imports = ImportWorker(store: imports)
        self.rounds = JobRounds(database: database, now: dependencies.now, logger: dependencies.logger)
        self.rollups = StatisticsRollups(
            database: database, dependencies: dependencies, settings: settings, calendar: calendar)
        self.housekeeping = HousekeepingWorker(
            database: database, dependencies: dependencies, settings: settings)
        self.auditChain = AuditChainWorker(database: database, dependencies: dependencies)
        self.auditAnchors = AuditAnchorWorker(
            database: database, dependencies: dependencies, path: configuration.auditAnchors)
        self.queueWatch = QueueWatchWorker(
            database: database, dependencies: dependencies, queue: queue, streams: streams)
        self.notices = notices
        self.keyCheck = KeyCheck(database: database, keys: dependencies.keys)
        self.now = dependencies.now
        self.stores = [settings, calendar, pointsRules, notices]
    }

    /// Makes sure that the keys are this database's, then reads settings and calendar, so that the first request finds them.
    ///
    /// - Throws: `KeyCheck.Refusal`.
    package func prepare() async throws {
        try await self.keyCheck.remember(at: self.now())
        try await self.settings.reload()
        try await self.calendar.reload()
        try await self.rules.reload()
        try await self.notices.reload()
    }

    /// What keeps this process's copies of settings and calendar fresh; every role needs it.
    package var background: [any Service] { self.stores }

    /// The workers of the role `worker`, as services of its process.
    package var workers: [any Service] { self.backgroundWorkers.map { JobWorker($0, rounds: self.rounds) } }

    /// Every kind of background work.
    package var backgroundWorkers: [any BackgroundWorker] {
        [
            self.outboxWorker, self.calls, self.deliveryWorker, self.reminders, self.lateNotices, self.permits,
            self.eligibility, self.sla, self.forecastWatch, self.pauses, self.assignment, self.watch, self.robotPosts,
            self.sendWatch,
            self.exportJobs, self.imports, self.webhooks, RollupWorker(rollups: self.rollups),
            self.housekeeping, self.auditChain, self.auditAnchors,
        ]
    }
}
