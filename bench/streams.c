/* Many collectors in one process, for bench/pause.py: open streams, leases, acknowledgements.

   usage: streams PORT PROGRAM TOKENS    TOKENS: a file, one token of a collector a line

   Reads commands from standard input and answers each with one line of JSON. Times are
   nanoseconds of CLOCK_MONOTONIC, Python's time.monotonic_ns().

   open N W      open the streams of the first N collectors, W at once; wait for the first event
   lease N W S   ask for a lease each, saying that one is `running` or `starting` (S)
   both N W S    the two together, as after a restart of the gate; streams that ended open again
   lines N W S   the same on a second connection each that stays open, for what they say later
   renew C MS    C of those connections renew as fast as they are answered, for so long
   await G FILE  answer {"armed"} at once; then wait until every stream has news of generation G.
                 Line i of FILE is said on line i a random time of up to 0.3 s later, and its
                 answer waited for; FILE is - if nobody says anything
   state         say how many streams are open
*/
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 32768, ROOM = 1600, JITTER_MS = 300, RING = 512, PATIENCE_S = 60 };
typedef enum { STREAM, LINE } kind_t;
typedef enum { CLOSED, CONNECTING, WAITING, OPEN, IDLE } state_t;
typedef struct {
  int fd, i, got, kept;
  kind_t kind;
  state_t state;
  long heard;
  int64_t at;
  char said[ROOM];
} conn;

static const char *program;
static int port, known, epoll, open_streams;
static char *token[MOST], *word[MOST], request[ROOM];
static conn stream[MOST], line[MOST];
static int64_t told_at[MOST], stored_at[MOST], again_at[2][MOST];
static int due[RING][MOST], dues[RING];

/* What the present command counts. */
static const char *status_said = "starting";
static int done, leased, refused, unavailable, in_flight, keep, told, stored, bad;
static long awaited, renewals;
static int64_t first_at, answered_at, last_at, renew_until;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
  printf("{\"failed\": \"%s: %s\"}\n", what, strerror(errno));
  exit(1);
}

static void watch(conn *c, int how) {
  struct epoll_event e = {.events = how, .data.ptr = c};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e) && epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e))
    fail("epoll");
}

static void end(conn *c) {
  if (c->state == CLOSED) return;
  if (c->kind == STREAM && c->state == OPEN) open_streams--;
  close(c->fd);
  c->state = CLOSED;
}

static void start(conn *c, kind_t kind, int i) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) fail("socket");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(c->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) fail("connect");
  c->kind = kind, c->i = i, c->got = 0, c->heard = -1, c->kept = keep, c->state = CONNECTING;
  watch(c, EPOLLIN | EPOLLOUT);
}

static void say(conn *c, const char *what, int length) {
  c->got = 0;
  if (write(c->fd, what, length) != length) end(c), bad++;
}

static void ask_lease(conn *c) {
  char body[300];
  int size = snprintf(body, sizeof body,
                      "{\"program\":\"%s\",\"generation\":null,\"status\":\"%s\",\"version\":\"bench/1\"}",
                      program, status_said);
  int length = snprintf(request, ROOM,
                        "POST /v1/lease HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n"
                        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                        token[c->i], size, body);
  c->state = WAITING;
  say(c, request, length);
}

static void ask_stream(conn *c) {
  int length = snprintf(request, ROOM,
                        "GET /v1/stream?program=%s HTTP/1.1\r\nHost: gate\r\n"
                        "Authorization: Bearer %s\r\n\r\n",
                        program, token[c->i]);
  c->state = WAITING;
  say(c, request, length);
}

/* Return the status of a whole answer, 0 of one that is not whole yet. */
static int whole(conn *c) {
  c->said[c->got] = 0;
  char *body = strstr(c->said, "\r\n\r\n"), *size = strcasestr(c->said, "content-length:");
  if (!body || !size) return 0;
  if (c->got < (body + 4 - c->said) + atoi(size + 15)) return 0;
  return atoi(c->said + 9);
}

static void say_later(conn *c, int ms) {
  int at = (int)((now() / 1000000 + ms) % RING);
  due[at][dues[at]++] = c->i;
}

/* Give a part another chance: a gate that has just started has read nothing yet. */
static void again(conn *c, int ms) {
  in_flight--;
  again_at[c->kind][c->i] = now() + ms * 1000000LL;
}

static void hear_news(conn *c) {
  char *at = c->said, *last = NULL;
  c->said[c->got] = 0;
  if (c->state == WAITING && !memcmp(c->said, "HTTP/1.1 ", 9) && memcmp(c->said + 9, "200", 3)) {
    unavailable++, end(c), again(c, 50);
    return;
  }
  while ((at = strstr(at, "\"generation\":"))) last = at, at += 13;
  if (last && strchr(last, ',')) c->heard = atol(last + 13);
  /* Only an event that is not whole yet is worth keeping. */
  int rest = last && !strchr(last, ',') ? (int)strlen(last) : 0;
  if (rest) memmove(c->said, last, rest);
  c->got = rest;
  if (c->state == WAITING && c->heard >= 0) {
    c->state = OPEN, open_streams++, done++, in_flight--, last_at = now();
  }
  if (awaited && c->heard == awaited && !told_at[c->i]) {
    told_at[c->i] = now(), told++;
    if (word[c->i] && line[c->i].state == IDLE) say_later(&line[c->i], rand() % (JITTER_MS + 1));
  }
}

static void take_lease(conn *c, int status) {
  last_at = now();
  if (renew_until) {
    renewals += status == 200, bad += status != 200;
    if (last_at < renew_until) ask_lease(c);
    else c->state = IDLE, in_flight--;
    return;
  }
  c->state = IDLE;
  if (status == 503) unavailable++, again(c, 50);
  else in_flight--, done++, leased += status == 200, refused += status != 200;
  if (!c->kept) end(c);
}

static void hear_answer(conn *c) {
  int status = whole(c);
  if (!status || c->state != WAITING) return;
  if (awaited) {
    c->state = IDLE;
    /* As the SDK does: what was not stored is said again. */
    if (status == 503) unavailable++, say_later(c, 100 + rand() % JITTER_MS);
    else stored_at[c->i] = now(), stored += status == 200, bad += status != 200;
  } else take_lease(c, status);
}

static void lose(conn *c) {
  int waited = c->state == CONNECTING || c->state == WAITING;
  end(c);
  if (awaited || renew_until) { bad++, in_flight -= renew_until != 0; return; }
  if (waited) again(c, 20);
}

static void ready(struct epoll_event *e) {
  conn *c = e->data.ptr;
  if (c->state == CLOSED) return;
  if (c->state == CONNECTING && (e->events & EPOLLOUT) && !(e->events & (EPOLLERR | EPOLLHUP))) {
    watch(c, EPOLLIN);
    if (!first_at) first_at = now();
    if (c->kind == STREAM) ask_stream(c);
    else ask_lease(c);
  }
  if (!(e->events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
  int size = read(c->fd, c->said + c->got, ROOM - 1 - c->got);
  if (size <= 0) {
    if (size == 0 || errno != EAGAIN) lose(c);
    return;
  }
  if (!answered_at) answered_at = now();
  c->got += size;
  if (c->kind == LINE) hear_answer(c);
  else hear_news(c);
  if (c->got >= ROOM - 1) c->got = 0;
}

static void turn(int ms) {
  static struct epoll_event events[1024];
  int count = epoll_wait(epoll, events, 1024, ms);
  for (int k = 0; k < count; k++) ready(&events[k]);
}

static void clear(void) {
  done = leased = refused = unavailable = in_flight = told = stored = bad = 0;
  first_at = answered_at = last_at = renewals = renew_until = awaited = keep = 0;
  memset(again_at, 0, sizeof again_at);
}

/* Have each of the first n do its part, `width` at once, until all are done. */
static void all(int n, int width, int streams, int leases) {
  static char asked[MOST];
  int64_t until = now() + PATIENCE_S * 1000000000LL;
  int wanted = 0, at = 0;
  memset(asked, 0, sizeof asked);
  for (int i = 0; i < n; i++) wanted += leases + (streams && stream[i].state != OPEN);
  while (done < wanted && now() < until) {
    int64_t moment = now();
    for (int tries = 0; tries < n && in_flight < width; tries++, at = (at + 1) % n) {
      if (streams && stream[at].state == CLOSED && again_at[STREAM][at] <= moment)
        start(&stream[at], STREAM, at), in_flight++;
      if (again_at[LINE][at] && again_at[LINE][at] <= moment)
        again_at[LINE][at] = 0, asked[at] = 0;
      if (leases && !asked[at]) {
        asked[at] = 1, in_flight++;
        if (line[at].state == IDLE) ask_lease(&line[at]);
        else start(&line[at], LINE, at);
      }
    }
    turn(5);
  }
  printf("{\"wanted\": %d, \"done\": %d, \"leased\": %d, \"refused\": %d, \"unavailable\": %d, "
         "\"open\": %d, \"first\": %lld, \"answered\": %lld, \"last\": %lld}\n", wanted, done, leased,
         refused, unavailable, open_streams, (long long)first_at, (long long)answered_at,
         (long long)last_at);
}

static void renew(int count, int ms) {
  int64_t began = now();
  renew_until = began + ms * 1000000LL;
  status_said = "running";
  for (int i = 0; i < count; i++) if (line[i].state == IDLE) in_flight++, ask_lease(&line[i]);
  while (in_flight > 0 && now() < renew_until + 2000000000LL) turn(100);
  printf("{\"renewals\": %ld, \"bad\": %d, \"seconds\": %.3f}\n", renewals, bad,
         (last_at - began) / 1e9);
}

static void read_words(const char *file) {
  char *text = NULL;
  size_t room = 0;
  for (int i = 0; i < known; i++) free(word[i]), word[i] = NULL;
  FILE *from = strcmp(file, "-") ? fopen(file, "r") : NULL;
  for (int i = 0; from && i < known && getline(&text, &room, from) > 0; i++) {
    int size = strcspn(text, "\n");
    word[i] = malloc(size + 400);
    sprintf(word[i], "POST /v1/ack HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %s\r\n"
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%.*s",
            token[i], size, size, text);
  }
  if (from) fclose(from);
  free(text);
}

static int by_time(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static void say_due(int64_t *done_ms) {
  for (int64_t ms = now() / 1000000; *done_ms <= ms; (*done_ms)++) {
    int slot = *done_ms % RING;
    for (int k = 0; k < dues[slot]; k++) {
      conn *c = &line[due[slot][k]];
      if (c->state == IDLE) c->state = WAITING, say(c, word[c->i], strlen(word[c->i]));
    }
    dues[slot] = 0;
  }
}

static void await(long generation, const char *file) {
  static int64_t told_sorted[MOST], stored_sorted[MOST];
  int listening = open_streams, speaking = 0, n = 0, m = 0;
  read_words(file);
  memset(told_at, 0, sizeof told_at), memset(stored_at, 0, sizeof stored_at);
  awaited = generation;
  for (int i = 0; i < known; i++)
    speaking += word[i] && line[i].state == IDLE && stream[i].state == OPEN;
  printf("{\"armed\": true, \"listening\": %d, \"speaking\": %d}\n", listening, speaking);
  fflush(stdout);
  int64_t until = now() + PATIENCE_S * 1000000000LL, done_ms = now() / 1000000;
  while ((told < listening || stored + bad < speaking) && now() < until) {
    turn(speaking ? 1 : 50);
    say_due(&done_ms);
  }
  for (int i = 0; i < known; i++) {
    if (told_at[i]) told_sorted[n++] = told_at[i];
    if (stored_at[i]) stored_sorted[m++] = stored_at[i];
  }
  qsort(told_sorted, n, sizeof(int64_t), by_time), qsort(stored_sorted, m, sizeof(int64_t), by_time);
  printf("{\"told\": %d, \"of\": %d, \"first\": %lld, \"median\": %lld, \"last\": %lld, "
         "\"stored\": %d, \"speaking\": %d, \"bad\": %d, \"again\": %d, \"stored_last\": %lld}\n", n, listening,
         n ? (long long)told_sorted[0] : 0, n ? (long long)told_sorted[n / 2] : 0,
         n ? (long long)told_sorted[n - 1] : 0, stored, speaking, bad, unavailable,
         m ? (long long)stored_sorted[m - 1] : 0);
}

static void obey(char *command) {
  char name[20] = "", text[400] = "", more[20] = "starting";
  int n = 0, width = 0;
  sscanf(command, "%19s %d", name, &n);
  clear();
  if (!strcmp(name, "await")) {
    long generation = 0;
    sscanf(command, "%*s %ld %399s", &generation, text);
    await(generation, text);
    return;
  }
  sscanf(command, "%*s %*d %d %19s", &width, more);
  status_said = strcmp(more, "running") ? "starting" : "running";
  if (!strcmp(name, "open")) all(n, width, 1, 0);
  else if (!strcmp(name, "lease")) all(n, width, 0, 1);
  else if (!strcmp(name, "both")) all(n, width, 1, 1);
  else if (!strcmp(name, "lines")) keep = 1, all(n, width, 0, 1);
  else if (!strcmp(name, "renew")) renew(n, width);
  else printf("{\"open\": %d}\n", open_streams);
}

int main(int count, char **said) {
  struct rlimit most;
  char *text = NULL, *command = NULL;
  size_t room = 0;
  if (count != 4) return 2;
  getrlimit(RLIMIT_NOFILE, &most);
  most.rlim_cur = most.rlim_max;
  setrlimit(RLIMIT_NOFILE, &most);
  port = atoi(said[1]), program = said[2];
  FILE *tokens = fopen(said[3], "r");
  if (!tokens) fail("tokens");
  while (known < MOST && getline(&text, &room, tokens) > 0)
    token[known] = strndup(text, strcspn(text, "\n")), stream[known++].heard = -1;
  epoll = epoll_create1(0);
  while (1) {
    /* Between commands the streams are read on, or they would count as slow. */
    struct epoll_event stdin_event = {.events = EPOLLIN, .data.ptr = NULL};
    static int waits;
    if (!waits) waits = 1, epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &stdin_event);
    struct epoll_event one[256];
    int ready_now = epoll_wait(epoll, one, 256, -1), asked = 0;
    for (int k = 0; k < ready_now; k++)
      if (one[k].data.ptr) ready(&one[k]);
      else asked = 1;
    if (!asked) continue;
    epoll_ctl(epoll, EPOLL_CTL_DEL, 0, NULL), waits = 0;
    if (getline(&command, &room, stdin) <= 0) return 0;
    obey(command);
    fflush(stdout);
  }
}
