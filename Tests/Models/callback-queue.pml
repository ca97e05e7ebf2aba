/* The life of callback tasks (Sources/LeadService/LeadService.docc/CallbackLifecycle.md), for spin; scripts/check-model runs it.
 *
 * Each atomic step is one guarded statement or one transaction of the service. Between an adviser's steps anything may happen:
 * that is the network, the coffee and the second tab. Numbers are left out where only their order matters: of the claim numbers an
 * adviser knows, all that counts is whether it is the task's newest.
 *
 * Left out on purpose, to see that spin finds it: -DNO_FENCE results are taken under any number; -DNO_LEASE a claim takes a task
 * from its holder; -DNO_LATER a closing result forgets an inquiry that came after the reveal; -DNO_LAPSE an abandoned claim never
 * returns; -DNO_KIND the claims of one adviser are not counted; -DNO_LATE an owner who does not come keeps the task for ever;
 * -DNO_CHANGE a result is undone whatever came after it.
 */

#define TASKS 2
#define ADVISERS 2
#define NOBODY 0
#ifndef MOST_ATTEMPTS
#define MOST_ATTEMPTS 2
#endif
#ifndef VISITS
#define VISITS 2
#endif
#ifndef RETURNS
#define RETURNS 1
#endif

/* A claim number, as an adviser knows it. */
#define NONE 0
#define NEWEST 1
#define OLDER 2

typedef Task {
    bool open;
    bool waits;     /* next_attempt_at lies ahead, or it is paused */
    byte holder;    /* claimed_by */
    bool incoming;  /* claim_kind */
    bool lapsed;    /* claimed_until has passed */
    bool ended;     /* the newest claim was released, taken away, or has its result */
    bool revealed;  /* under the newest claim */
    bool unmet;     /* a promise that the next counting result keeps */
    bool later;     /* a promise accepted after the reveal */
    byte attempts;
    byte owner;
    bool late;      /* the owner let their time pass */
    byte row;       /* whose row in callback_claims has no end yet: bit 1 and bit 2 */
    byte undoer;      /* who can take the newest result back: nothing has changed the task since */
}

/* What a task was before its newest result; all nothing when that cannot be taken back. */
typedef Before { bool open; bool waits; bool incoming; bool revealed; bool unmet; bool later; byte attempts; byte owner; bool late }

Task task[TASKS];
Before before[TASKS];
byte known[TASKS * 3];   /* the number that adviser a knows of task t: known[3 * t + a] */
byte visits = VISITS;    /* what visitors and the supervisor still do */
byte returns = RETURNS;  /* in runs about liveness: how often a task comes back without a counting result or for another call */
byte undos = 1;          /* how often a result is taken back */
bool gone[3];            /* an adviser who has left without a word */

#define T task[t]
#define B before[t]
#define KNOWN known[3 * t + a]
#define live(x, a) (task[x].holder == a && !task[x].lapsed)
#define serving(x, a) (task[x].holder == a && !task[x].lapsed && !task[x].incoming)
#define ordinary(x, a) (task[x].holder == a && !task[x].incoming)
#define ringing(x, a) (task[x].holder == a && task[x].incoming)
/* A lapsed claim of theirs is ended first and does not stand in the way. */
#define undoable(x, a) (task[x].undoer == a && !(live(1 - (x), a) && task[1 - (x)].incoming == before[x].incoming))
#ifdef NO_LEASE
#define isFree(x) true
#else
#define isFree(x) (task[x].holder == NOBODY || task[x].lapsed)
#endif
#define servable(x, a) (task[x].open && !task[x].waits && isFree(x) && task[x].holder != a && \
                        (task[x].owner == NOBODY || task[x].owner == a || task[x].late))

/* Whether adviser a may send a result: any time, but a run about liveness bounds those that do not count. */
#ifdef LIVENESS
#define mayTell(x, a) (known[3 * x + a] != NONE && (known[3 * x + a] != NEWEST || task[x].revealed || task[x].incoming || returns > 0))
#else
#define mayTell(x, a) (known[3 * x + a] != NONE)
#endif

/* What must hold after every step. */
inline invariants(t) {
    assert(T.row != 3);                                             /* no two holders */
    assert(T.row == 0 || T.row == T.holder);                        /* no claim that its task knows nothing of */
    assert(T.open || T.holder == NOBODY);                           /* a closed task is held by nobody */
    assert(!(T.unmet || T.later) || T.open);                        /* no promise is lost */
    assert(!(ordinary(0, 1) && ordinary(1, 1)) && !(ordinary(0, 2) && ordinary(1, 2)));
    assert(!(ringing(0, 1) && ringing(1, 1)) && !(ringing(0, 2) && ringing(1, 2)));
}

/* The task was changed: its newest result stands. */
inline forget(x) {
    task[x].undoer = NOBODY;
    before[x].open = false; before[x].waits = false; before[x].incoming = false; before[x].revealed = false;
    before[x].unmet = false; before[x].later = false; before[x].attempts = 0; before[x].owner = NOBODY; before[x].late = false
}

inline change(t) {
#ifndef NO_CHANGE
    forget(t)
#else
    skip
#endif
}

inline remember(t, a) {
    if
    :: undos > 0 -> keep(t, a)
    :: else
    fi
}

inline keep(t, a) {
    B.open = T.open; B.waits = T.waits; B.incoming = T.incoming; B.revealed = T.revealed; B.unmet = T.unmet; B.later = T.later;
    B.attempts = T.attempts; B.owner = T.owner; B.late = T.late; T.undoer = a
}

inline endClaim(t) {
    T.holder = NOBODY; T.incoming = false; T.lapsed = false; T.ended = true; T.revealed = false; T.row = 0;
}

/* The caller's own claims whose lease has run out end first; a result under their number may still come. */
inline endLapsed(a) {
#ifndef NO_KIND
    if
    :: task[0].holder == a && task[0].lapsed -> task[0].holder = NOBODY; task[0].lapsed = false; task[0].row = 0
    :: else
    fi;
    if
    :: task[1].holder == a && task[1].lapsed -> task[1].holder = NOBODY; task[1].lapsed = false; task[1].row = 0
    :: else
    fi
#else
    skip
#endif
}

/* Everybody's number is an older one now, but for the new claimant's, who may also be looking at an old tab. */
inline claim(t, a, kind) {
    if
    :: T.lapsed -> T.row = 0
    :: else
    fi;
    change(t);
    T.row = T.row | a; T.holder = a; T.incoming = kind; T.lapsed = false; T.ended = false; T.revealed = false;
    if
    :: known[3 * t + 1] == NEWEST -> known[3 * t + 1] = OLDER
    :: else
    fi;
    if
    :: known[3 * t + 2] == NEWEST -> known[3 * t + 2] = OLDER
    :: else
    fi;
    if
    :: KNOWN = NEWEST
#ifndef LIVENESS
    :: KNOWN == OLDER
#endif
    fi
}

/* A result: taken under the newest number, unless its claim was ended otherwise; the claim that merely ran out still counts. */
inline result(t, a, closes, contact) {
    if
#ifdef NO_FENCE
    :: T.open ->
#else
    :: T.open && KNOWN == NEWEST && !T.ended ->
#endif
        assert(KNOWN == NEWEST && (T.holder == a || T.holder == NOBODY));
        remember(t, a);
        if
        :: T.revealed || T.incoming ->
            T.unmet = false; T.waits = true; T.late = false;
            if
            :: contact -> T.owner = a; T.attempts = 0
            :: else -> T.attempts++
            fi
        :: else -> if
            :: closes -> T.unmet = false  /* left out, and listed with who closed it */
            :: else
            fi
        fi;
        endClaim(t);
        if
#ifdef NO_LATER
        :: closes || T.attempts == MOST_ATTEMPTS -> T.open = false
#else
        :: (closes || T.attempts == MOST_ATTEMPTS) && !T.later -> T.open = false
#endif
        :: else -> if
            :: T.later -> T.later = false; T.unmet = true; T.waits = false; T.attempts = 0
            :: else
            fi
        fi
    :: else
    fi;
    KNOWN = NONE
}

/* The newest result is taken back: the task is as it was, and the call goes on under a new number. */
inline takeBack(t, a) {
    T.open = B.open; T.waits = B.waits; T.unmet = B.unmet; T.later = B.later; T.attempts = B.attempts; T.owner = B.owner;
    T.late = B.late; T.incoming = B.incoming; T.revealed = B.revealed;
    T.row = T.row | a; T.holder = a; T.lapsed = false; T.ended = false;
    if
    :: known[3 * t + 1] == NEWEST -> known[3 * t + 1] = OLDER
    :: else
    fi;
    if
    :: known[3 * t + 2] == NEWEST -> known[3 * t + 2] = OLDER
    :: else
    fi;
    KNOWN = NEWEST;
    undos--; forget(t);
    /* With none left, what the other one was before says nothing any more. */
    if
    :: undos == 0 -> forget(1 - t)
    :: else
    fi
}

/* An inquiry, or a call of somebody whose task is closed: it opens a task or joins the open one. */
inline inquire(t) {
    change(t);
    if
    :: T.open ->
        if
        :: T.holder != NOBODY && T.revealed -> T.later = true
        :: else -> T.unmet = true
        fi
    :: else ->
        /* Another task: nobody knows a number of it. */
        T.open = true; T.unmet = true; T.later = false; T.owner = NOBODY; T.late = false; T.ended = false;
        known[3 * t + 1] = (known[3 * t + 1] == NONE -> NONE : OLDER);
        known[3 * t + 2] = (known[3 * t + 2] == NONE -> NONE : OLDER)
    fi;
    T.waits = false; T.attempts = 0
}

proctype Adviser(byte a) {
    byte t;
    do
    /* N: the most urgent of those that may be served, their own first; what they hold is held on to. */
    :: atomic { !gone[a] && !serving(0, a) && !serving(1, a) && (servable(0, a) || servable(1, a)) ->
            endLapsed(a);
            if
            :: servable(0, a) && (task[0].owner == a || !(servable(1, a) && task[1].owner == a)) -> t = 0; claim(t, a, false); invariants(t)
            :: servable(1, a) && (!servable(0, a) || (task[0].owner != a && task[1].owner == a)) -> t = 1; claim(t, a, false); invariants(t)
            :: else
            fi; t = 0 }
    :: atomic { !gone[a] && (live(0, a) && !task[0].revealed || live(1, a) && !task[1].revealed) ->
            if
            :: live(0, a) && !task[0].revealed -> task[0].revealed = true
            :: live(1, a) && !task[1].revealed -> task[1].revealed = true
            fi }
    :: atomic { !gone[a] && (mayTell(0, a) || mayTell(1, a)) ->
            if
            :: mayTell(0, a) -> t = 0
            :: mayTell(1, a) -> t = 1
            fi;
#ifdef LIVENESS
            if
            :: KNOWN == NEWEST && !T.revealed && !T.incoming -> returns--
            :: else
            fi;
#endif
            if
            :: true -> result(t, a, true, false)
#ifdef LIVENESS
            :: returns > 0 -> returns--; result(t, a, false, true)
#else
            :: true -> result(t, a, false, true)
#endif
            :: true -> result(t, a, false, false)
            fi;
            invariants(t); t = 0 }
    :: atomic { !gone[a] && returns > 0 && (live(0, a) || live(1, a)) ->
            if
            :: live(0, a) -> t = 0
            :: live(1, a) -> t = 1
            fi;
#ifdef LIVENESS
            returns--;
#endif
            endClaim(t); KNOWN = NONE;
            /* Given back as it is, or to rest. */
            if
            :: true
            :: T.waits = true
            fi;
            invariants(t); t = 0 }
    /* Whoever recorded the newest result takes it back, with no other claim of the kind beside it. */
    :: atomic { !gone[a] && undos > 0 && (undoable(0, a) || undoable(1, a)) ->
            if
            :: undoable(0, a) -> t = 0
            :: undoable(1, a) -> t = 1
            fi;
            endLapsed(a); takeBack(t, a); invariants(t);
            t = 0 }
#ifdef LIVENESS
    /* Left without a word, until the lease has run out. */
    :: atomic { !gone[a] && returns > 0 && (live(0, a) || live(1, a)) -> returns--; gone[a] = true }
    :: atomic { gone[a] && !live(0, a) && !live(1, a) -> gone[a] = false }
#endif
    od
}

/* Visitors ask again, ring, or want no more; the supervisor gives tasks away. */
proctype Outside() {
    byte t; byte a;
    do
    :: atomic { visits > 0 -> visits--;
            if :: t = 0 :: t = 1 fi;
            if :: a = 1 :: a = 2 fi;
            if
            :: true -> inquire(t)
            /* Stop calls, a cancelled receipt, an erasure. */
            :: T.open -> change(t); T.open = false; T.unmet = false; T.later = false; endClaim(t)
            :: T.open ->
                change(t);
                if
                :: T.holder != NOBODY && !T.lapsed -> endClaim(t)
                :: T.holder != NOBODY && T.lapsed -> T.holder = NOBODY; T.lapsed = false; T.row = 0
                :: else
                fi;
                T.owner = a; T.late = false
            /* The supervisor lets it rest: never one that is held. */
            :: T.open && isFree(t) ->
                if
                :: T.holder != NOBODY -> T.holder = NOBODY; T.lapsed = false; T.row = 0
                :: else
                fi;
                T.waits = true
            /* Somebody rings, and adviser a takes it. */
            :: !gone[a] ->
                endLapsed(a);
                if
                :: !T.open -> inquire(t)
                :: else
                fi;
                if
                :: ringing(1 - t, a) /* claim_open */
                :: !ringing(1 - t, a) && live(t, a) -> T.incoming = true
                :: !ringing(1 - t, a) && !live(t, a) && isFree(t) -> claim(t, a, true)
                :: else /* claimed_by_other */
                fi
            fi;
            invariants(t); t = 0; a = 0 }
    od
}

#ifndef NO_LAPSE
proctype Lease(byte t) {
    do
#ifdef LIVENESS
    :: atomic { T.holder != NOBODY && !T.lapsed && gone[T.holder] -> T.lapsed = true }
#else
    :: atomic { T.holder != NOBODY && !T.lapsed -> T.lapsed = true }
#endif
    od
}
#endif

proctype NextAttempt(byte t) {
    do
    :: atomic { T.open && T.waits -> T.waits = false }
    od
}

#ifndef NO_LATE
proctype Lateness(byte t) {
    do
    :: atomic { T.open && !T.waits && T.owner != NOBODY && !T.late -> T.late = true }
    od
}
#endif

init {
    atomic {
        task[0].open = true; task[0].unmet = true; task[1].open = true; task[1].unmet = true;
        run Adviser(1); run Adviser(2); run Outside();
        run NextAttempt(0); run NextAttempt(1);
#ifndef NO_LATE
        run Lateness(0); run Lateness(1);
#endif
#ifndef NO_LAPSE
        run Lease(0); run Lease(1)
#endif
    }
}

/* Every open task is offered, the urgent one and the other; every claim comes to an end. */
#define held(x) (task[x].holder != NOBODY && !task[x].lapsed)
ltl urgent { [] (task[0].open -> <> (held(0) || !task[0].open)) }
ltl other { [] (task[1].open -> <> (held(1) || !task[1].open)) }
ltl returned { [] (task[0].holder != NOBODY -> <> (task[0].holder == NOBODY || task[0].lapsed || !task[0].open)) }
