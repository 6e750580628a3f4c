/* Pauses, leases and their proof. README.md beside this says what is modelled and what is not.

   One process takes one step after the other, in any order. A message is late, a machine sleeps
   or is cut off, because the step that would show it is not taken; the search tries them all.
   A tick is a second, and the figures are the product's. */

#ifndef GENERATIONS
#define GENERATIONS 3 /* 1 collects, 2 is paused, 3 goes on, 4 is paused again */
#endif

#ifdef SMALL
/* Two collectors in the product's figures are too much to search. These are greater and smaller
   than each other as those are, and an answer arrives when it is given. */
#define LEASE 2
#define STALE 1
#define RENEW 2
#define SLACK 2
#else
#define LEASE 6                       /* a Program.lease_seconds; 3 to 60 are allowed    */
#define STALE 3                       /* programs.models.STALE_SECONDS                   */
#define RENEW (LEASE / 3 + STALE - 1) /* programs.gate.holdings: oldest row that renews  */
#define SLACK (STALE + LEASE / 3)     /* programs.stops: how far a row may lag behind    */
#endif
#define BOUND (LEASE + STALE)         /* Program.bound_seconds                           */
#define ENDED (LEASE + SLACK + 1)     /* age of a row that counts as run out             */

#ifdef NO_SLACK
#define RUN_OUT (LEASE + 1)
#else
#define RUN_OUT ENDED
#endif

#define min(a, b) ((a) < (b) -> (a) : (b))
#define older(age, most) age = min(age + 1, most)
#define paused(generation) ((generation) % 2 == 0)
#ifdef ONE_COLLECTOR
#define COLLECTORS 1
#define each(step) step(0)
#define every(true_of) (true_of(0))
#else
#define COLLECTORS 2
#define each(step) step(0); step(1)
#define every(true_of) (true_of(0) && true_of(1))
#endif

/* --- The database */

mtype = { nobody, unknown, acknowledged, expired };
byte generation = 1;
byte since;                          /* seconds from the commit of the latest pause        */
byte proven;                         /* the latest stop that people are shown as proven    */
mtype proof[COLLECTORS] = nobody;
byte row[COLLECTORS];                /* generation of the lease as written; 0: none        */
byte row_age[COLLECTORS];

#define known(c) (proof[c] != unknown)
#define settle() if :: every(known) -> proven = generation :: else fi

#define order(c) \
  if \
  :: row[c] == 0 -> proof[c] = nobody \
  :: row[c] != 0 && row_age[c] >= RUN_OUT -> proof[c] = expired \
  :: else -> proof[c] = unknown \
  fi; \
  row[c] = 0; row_age[c] = 0
#define expire(c) if :: proof[c] == unknown -> proof[c] = expired :: else fi
#define forget_proof(c) proof[c] = nobody

/* --- The gates */

typedef Gate {
  byte copy;                         /* the generation as read; 0: none that may be used   */
  byte copy_age;                     /* since the database last said the same              */
  bool held[COLLECTORS];             /* a lease of that generation is known to be written  */
  byte held_age[COLLECTORS]
}
Gate gate[2];

/* --- The collectors: sdk/andon/permit.py */

mtype = { idle, asks_to_go_on, asks_to_begin, told };
typedef Collector {
  mtype exchange = idle;
  byte asked_age;                    /* seconds from before the question                   */
  byte answer;                       /* generation of a lease, or of the refusing pause    */
  bool asked_before_stop;
  byte heard;
  byte lease;                        /* generation of the last lease                       */
  byte lease_age = LEASE + 1;
  byte word                          /* the stop that it acknowledges until it is stored   */
}
Collector it[COLLECTORS];

#define allowed(c) (it[c].lease_age <= LEASE)
#define asks(c) (it[c].exchange == asks_to_go_on || it[c].exchange == asks_to_begin)

#define end_exchange(c) \
  it[c].exchange = idle; it[c].asked_age = 0; it[c].answer = 0; it[c].asked_before_stop = false

#define stop(c, ordered) \
  it[c].lease_age = LEASE + 1; \
  it[c].asked_before_stop = (it[c].exchange != idle); \
  if \
  :: ordered >= it[c].heard -> \
     it[c].heard = ordered; \
     if :: it[c].lease != 0 && ordered > it[c].lease -> it[c].word = ordered :: else fi \
  :: else \
  fi

#ifdef COUNT_FROM_ANSWER
#define spent(c) 0
#else
#define spent(c) it[c].asked_age
#endif

#define take(c) \
  if \
  :: paused(it[c].answer) -> stop(c, it[c].answer) \
  :: !paused(it[c].answer) && it[c].answer >= it[c].heard && \
     !it[c].asked_before_stop && spent(c) <= LEASE -> \
     it[c].lease = it[c].answer; it[c].heard = it[c].answer; it[c].lease_age = spent(c) \
  :: else \
  fi; \
  end_exchange(c)

/* --- What may happen */

#ifdef MEMORY_FOR_ALL
#define may_be_renewed(c) true
#else
#define may_be_renewed(c) (it[c].exchange == asks_to_go_on)
#endif
#ifdef SMALL
#define says(c, what) it[c].answer = what; take(c)
#else
#define says(c, what) it[c].exchange = told; it[c].answer = what
#endif
#ifdef ANSWER_BEFORE_WRITE
#define write(g, c)
#else
#define write(g, c) \
  row[c] = generation; row_age[c] = 0; gate[g].held[c] = true; gate[g].held_age[c] = 0
#endif
#define from_memory(g, c) (gate[g].held[c] && may_be_renewed(c))

/* A renewal from memory is written at once or never: when it is written later, a pause in between
   sees what it would see if it never were, and a pause afterwards what it would see at once. */
#define GATE_ANSWERS(g, c) \
  :: d_step { asks(c) && gate[g].copy != 0 && paused(gate[g].copy) -> says(c, gate[g].copy) } \
  :: d_step { asks(c) && from_memory(g, c) -> says(c, gate[g].copy) } \
  :: d_step { asks(c) && from_memory(g, c) && row[c] == gate[g].copy -> \
       row_age[c] = 0; gate[g].held_age[c] = 0; says(c, gate[g].copy) } \
  :: d_step { asks(c) && !from_memory(g, c) && \
              gate[g].copy == generation && !paused(generation) -> write(g, c); says(c, generation) }

#define lose(g, c) gate[g].held[c] = false; gate[g].held_age[c] = 0
#define reload(g, c) \
  lose(g, c); \
  if :: row[c] != 0 && row_age[c] <= LEASE && row_age[c] <= RENEW -> \
     gate[g].held[c] = true; gate[g].held_age[c] = row_age[c] :: else fi
#define lose_0(c) lose(0, c)
#define lose_1(c) lose(1, c)
#define reload_0(c) reload(0, c)
#define reload_1(c) reload(1, c)

/* Reads the program; is started again. */
#define GATE(g, lose_its, reload_its) \
  :: d_step { gate[g].copy != generation -> \
       gate[g].copy = generation; gate[g].copy_age = 0; each(lose_its) } \
  :: d_step { gate[g].copy = generation; gate[g].copy_age = 0; each(reload_its) }

/* What a collector may do: ask, hear the answer, give up; hear news; begin anew after a crash;
   have its acknowledgement arrive. And what it must not: capture when it promised not to. */

/* News may be as fast as the commit, late, repeated or overtaken: any generation so far. */
#define HEARS(c, news) \
  :: d_step { news <= generation && news > it[c].heard && paused(news) -> stop(c, news) } \
  :: d_step { news <= generation && news > it[c].heard && !paused(news) -> \
       it[c].heard = news; if :: it[c].lease < news -> it[c].lease_age = LEASE + 1 :: else fi }

#ifdef ONLY_THE_BOUND
#define PROMISED_TO_PEOPLE(c)
#else
#define PROMISED_TO_PEOPLE(c) \
  :: d_step { allowed(c) && it[c].lease < proven -> \
       shown_too_early = true; assert(!shown_too_early) }
#endif

#define COLLECTOR(c) \
  :: d_step { it[c].exchange == idle -> \
       it[c].exchange = (allowed(c) -> asks_to_go_on : asks_to_begin) } \
  :: d_step { it[c].exchange == told -> take(c) } \
  :: d_step { it[c].exchange != idle -> end_exchange(c) } \
  HEARS(c, 2) HEARS(c, 3) HEARS(c, 4) \
  :: d_step { end_exchange(c); it[c].heard = 0; it[c].lease = 0; it[c].lease_age = LEASE + 1 } \
  :: d_step { paused(generation) && it[c].word == generation && proof[c] != nobody -> \
       proof[c] = acknowledged; settle() } \
  :: d_step { allowed(c) && it[c].lease < generation && since > BOUND -> \
       captured_too_late = true; assert(!captured_too_late) } \
  PROMISED_TO_PEOPLE(c)

/* A pause; the closing of its proof after the bound; a resume, which the proof must precede. */
#define DATABASE \
  :: d_step { !paused(generation) && generation < GENERATIONS -> \
       each(order); generation++; since = 0; settle() } \
  :: d_step { paused(generation) && since > BOUND -> each(expire); settle() } \
  :: d_step { paused(generation) && proven == generation && generation < GENERATIONS -> \
       generation++; since = 0; each(forget_proof) }

/* --- Time */

#define age_of_collector(c) \
  if :: row[c] != 0 -> older(row_age[c], ENDED) :: else fi; \
  if :: it[c].exchange != idle -> older(it[c].asked_age, LEASE + 1) :: else fi; \
  older(it[c].lease_age, LEASE + 1)
#define age_of_held(g, c) \
  if \
  :: gate[g].held[c] && gate[g].held_age[c] < RENEW -> gate[g].held_age[c]++ \
  :: else -> lose(g, c) \
  fi
#define age_at_0(c) age_of_held(0, c)
#define age_at_1(c) age_of_held(1, c)

#ifdef SKIP_REREAD
#define too_old(g) false
#else
#define too_old(g) (gate[g].copy_age == STALE)
#endif

/* A gate that reads the same again has a copy of age 0, and all that an older one could do too. */
#define age_of_copy(g, lose_its) \
  if \
  :: gate[g].copy == generation || gate[g].copy == 0 -> gate[g].copy_age = 0 \
  :: else -> \
     if \
     :: too_old(g) -> gate[g].copy = 0; gate[g].copy_age = 0; each(lose_its) \
     :: else -> older(gate[g].copy_age, STALE) \
     fi \
  fi

#define TIME \
  :: d_step { \
       if :: paused(generation) -> older(since, BOUND + 1) :: else fi; \
       each(age_at_0); each(age_at_1); each(age_of_collector); \
       age_of_copy(0, lose_0); age_of_copy(1, lose_1) }

active proctype world() {
  bool captured_too_late, shown_too_early;
  do
  DATABASE
  TIME
  GATE(0, lose_0, reload_0)
  GATE(1, lose_1, reload_1)
  GATE_ANSWERS(0, 0) GATE_ANSWERS(1, 0)
  COLLECTOR(0)
#ifndef ONE_COLLECTOR
  GATE_ANSWERS(0, 1) GATE_ANSWERS(1, 1)
  COLLECTOR(1)
#endif
  od
}
