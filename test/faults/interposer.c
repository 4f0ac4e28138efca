/*
 * Stands between a program and the C library, and does to it what a disk, a kernel or a network may do: see
 * docs/decisions/0010-faults-from-outside.md. Loaded by LD_PRELOAD; fault-control.ts holds the other end of the shared
 * page, and the layout below has to agree with it.
 *
 * A step is a call that a crash can fall before or after: a write, an fsync, a change of a name, a truncation, a
 * message to the network. Only files below HALFKEY_FAULTS_ROOT count, and of the network only internet sockets.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, NAME = 4, TRUNCATE = 8, NETWORK = 16, READ = 32 };
enum { NONE, KILL_BEFORE, KILL_AFTER, FAIL, TEAR, LOSE, REORDER, STOP };

struct control {
  uint64_t steps;    /* counted so far */
  uint64_t at;       /* the step to fault at, from 1; 0: none */
  uint32_t kind;
  uint32_t lasting;  /* how many steps from there on */
  int64_t clock_ms;  /* added to the time of day */
  uint32_t classes;  /* which steps count */
  uint32_t error;    /* errno of FAIL */
  uint64_t seed;     /* of what is torn or lost */
  uint64_t hits;     /* faults done */
  char what[200];    /* the first faulted step */
  uint64_t counts[6]; /* steps of each class, whether it counts or not */
};

static struct control *control;
static const char *root;
static size_t root_length;
static pthread_mutex_t files = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside; /* calls of our own are no steps */

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("HALFKEY_FAULTS_CONTROL");
  root = getenv("HALFKEY_FAULTS_ROOT");
  if (file == NULL || root == NULL) return;
  root_length = strlen(root);
  int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *page = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (page != MAP_FAILED) control = page;
}

static int is_ours(const char *path) {
  if (control == NULL || inside || path == NULL || strncmp(path, root, root_length) != 0) return 0;
  if (path[root_length] != '/' && path[root_length] != 0) return 0;
  /* The index of SQLite's log is shared memory: it is made anew after every crash. */
  size_t length = strlen(path);
  return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

/* The path behind a descriptor if it is one of ours, "network" for an internet socket, else nothing. */
static const char *path_of(int fd, char *buffer, size_t size) {
  if (control == NULL || inside) return NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, size - 1);
  if (length <= 0) return NULL;
  buffer[length] = 0;
  if (strncmp(buffer, "socket:", 7) == 0) {
    int domain = 0;
    socklen_t domain_size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) != 0) return NULL;
    return domain == AF_INET || domain == AF_INET6 ? "network" : NULL;
  }
  return is_ours(buffer) ? buffer : NULL;
}

static int class_of_data(const char *path, int of_file) { return strcmp(path, "network") == 0 ? NETWORK : of_file; }

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static uint64_t next_random(void) {
  uint64_t x = (control->seed += 0x9e3779b97f4a7c15u);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* --- what has not been synced ------------------------------------------------------------------------------- */

struct change {
  char path[512];
  dev_t dev;
  ino_t ino;
  off_t at, size_before;
  size_t length, old_length;
  unsigned char *old, *new;
  int created; /* the file itself, by open */
  struct change *next;
};
static struct change *unsynced; /* newest first */

static int tracks(void) { return control != NULL && (control->kind == LOSE || control->kind == REORDER); }

static void remember(const char *path, const struct stat *before, off_t at, const struct iovec *parts, int count, int created) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  struct change *one = calloc(1, sizeof *one);
  snprintf(one->path, sizeof one->path, "%s", path);
  one->dev = before->st_dev;
  one->ino = before->st_ino;
  one->at = at;
  one->size_before = before->st_size;
  one->length = length;
  one->created = created;
  one->new = malloc(length + 1);
  size_t filled = 0;
  for (int i = 0; i < count; i++) {
    memcpy(one->new + filled, parts[i].iov_base, parts[i].iov_len);
    filled += parts[i].iov_len;
  }
  if (at < before->st_size) {
    one->old = malloc(length + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : pread(fd, one->old, length, at);
    one->old_length = got < 0 ? 0 : (size_t)got;
    if (fd >= 0) close(fd);
  }
  one->next = unsynced;
  unsynced = one;
}

static void forget(const struct stat *file) {
  for (struct change **at = &unsynced; *at != NULL;) {
    struct change *one = *at;
    if (one->dev == file->st_dev && one->ino == file->st_ino) {
      *at = one->next;
      free(one->old);
      free(one->new);
      free(one);
    } else at = &one->next;
  }
}

static void forget_fd(int fd) {
  struct stat file;
  if (tracks() && fstat(fd, &file) == 0) forget(&file);
}

static void restore(struct change *one, const unsigned char *bytes, size_t length, off_t size) {
  struct stat now;
  int fd = open(one->path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &now) == 0 && now.st_ino == one->ino) {
    if (length > 0 && pwrite(fd, bytes, length, one->at) < 0) perror("interposer");
    if (size >= 0 && ftruncate(fd, size) < 0) perror("interposer");
  }
  close(fd);
}

/* Loss of power: back to what was synced, then some of the rest again, as the disk happened to get to it. */
static void lose_power(void) {
  inside = 1;
  struct change *oldest = NULL;
  while (unsynced != NULL) {
    struct change *one = unsynced;
    unsynced = one->next;
    restore(one, one->old, one->old_length, one->size_before);
    one->next = oldest;
    oldest = one;
  }
  int reorders = control->kind == REORDER;
  for (struct change *one = oldest; one != NULL; one = one->next) {
    uint64_t luck = next_random() % 3;
    if (one->created) {
      if (luck == 0) unlink(one->path);
    } else if (luck == 0) {
      restore(one, one->new, one->length, -1);
      continue;
    } else if (luck == 1) restore(one, one->new, next_random() % (one->length + 1), -1);
    if (!reorders) break; /* what was written later has not come to the disk either */
  }
  die();
}

/* --- steps --------------------------------------------------------------------------------------------------- */

/* Counts a step; returns what is to be done with it. Does not return where the process ends before it. */
static int step(int class, const char *name, const char *path) {
  if (control == NULL) return NONE;
  __atomic_add_fetch(&control->counts[__builtin_ctz((unsigned)class)], 1, __ATOMIC_SEQ_CST);
  if ((control->classes & class) == 0) return NONE;
  uint64_t number = __atomic_add_fetch(&control->steps, 1, __ATOMIC_SEQ_CST);
  uint64_t at = control->at;
  if (at == 0 || number < at || number - at >= control->lasting) return NONE;
  if (__atomic_fetch_add(&control->hits, 1, __ATOMIC_SEQ_CST) == 0) {
    const char *shown = strncmp(path, root, root_length) == 0 ? path + root_length + 1 : path;
    snprintf(control->what, sizeof control->what, "%s %s", name, shown);
  }
  switch (control->kind) {
    case KILL_BEFORE: die(); break;
    case LOSE:
    case REORDER:
      pthread_mutex_lock(&files);
      lose_power();
      break;
    case STOP: kill(getpid(), SIGSTOP); return NONE;
    case FAIL: errno = (int)control->error; return FAIL;
    default: break;
  }
  return (int)control->kind;
}

#define END_STEP(action) do { if ((action) == KILL_AFTER || (action) == TEAR) die(); } while (0)

/* A write of parts at an offset, or where the file stands if that is -1. */
static ssize_t write_parts(int fd, const struct iovec *parts, int count, off_t at, const char *name) {
  REAL(writev);
  static __typeof__(&pwritev64) real_at;
  if (real_at == NULL) real_at = (__typeof__(&pwritev64))dlsym(RTLD_NEXT, "pwritev64");
  char buffer[512];
  const char *path = path_of(fd, buffer, sizeof buffer);
  if (path == NULL) return at < 0 ? real(fd, parts, count) : real_at(fd, parts, count, at);
  int action = step(class_of_data(path, WRITE), name, path);
  if (action == FAIL) return -1;
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  if (action == TEAR) {
    size_t kept = length == 0 ? 0 : next_random() % length;
    for (int i = 0; i < count && kept > 0; i++) {
      struct iovec part = parts[i];
      if (part.iov_len > kept) part.iov_len = kept;
      ssize_t done = at < 0 ? real(fd, &part, 1) : real_at(fd, &part, 1, at);
      if (done <= 0) break;
      if (at >= 0) at += done;
      kept -= (size_t)done;
    }
    die();
  }
  int tracked = tracks() && path == buffer;
  if (tracked) {
    pthread_mutex_lock(&files);
    struct stat before;
    if (fstat(fd, &before) == 0) {
      off_t to = at >= 0 ? at : (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? before.st_size : lseek(fd, 0, SEEK_CUR);
      remember(path, &before, to, parts, count, 0);
    }
  }
  ssize_t done = at < 0 ? real(fd, parts, count) : real_at(fd, parts, count, at);
  int error = errno;
  if (tracked) pthread_mutex_unlock(&files);
  END_STEP(action);
  errno = error;
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) { return write_parts(fd, parts, count, -1, "write"); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return write_parts(fd, parts, count, at, "write"); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return write_parts(fd, parts, count, at, "write"); }
ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec part = {(void *)bytes, length};
  return write_parts(fd, &part, 1, -1, "write");
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  struct iovec part = {(void *)bytes, length};
  return write_parts(fd, &part, 1, at, "write");
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  REAL(send);
  char buffer[512];
  const char *path = path_of(fd, buffer, sizeof buffer);
  int action = path == NULL ? NONE : step(NETWORK, "send", path);
  if (action == FAIL) return -1;
  ssize_t done = real(fd, bytes, length, flags);
  END_STEP(action);
  return done;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(sendmsg);
  char buffer[512];
  const char *path = path_of(fd, buffer, sizeof buffer);
  int action = path == NULL ? NONE : step(NETWORK, "send", path);
  if (action == FAIL) return -1;
  ssize_t done = real(fd, message, flags);
  END_STEP(action);
  return done;
}

ssize_t read(int fd, void *bytes, size_t length) {
  REAL(read);
  char buffer[512];
  if (control != NULL && (control->classes & READ) != 0) {
    const char *path = path_of(fd, buffer, sizeof buffer);
    if (path == buffer && step(READ, "read", path) == FAIL) return -1;
  }
  return real(fd, bytes, length);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t at) {
  REAL(pread64);
  char buffer[512];
  if (control != NULL && (control->classes & READ) != 0) {
    const char *path = path_of(fd, buffer, sizeof buffer);
    if (path == buffer && step(READ, "read", path) == FAIL) return -1;
  }
  return real(fd, bytes, length, at);
}

#define SYNCING(function) \
  int function(int fd) { \
    REAL(function); \
    char buffer[512]; \
    const char *path = path_of(fd, buffer, sizeof buffer); \
    int action = path == NULL ? NONE : step(SYNC, #function, path); \
    if (action == FAIL) return -1; \
    int result = real(fd); \
    if (path != NULL && tracks()) { \
      pthread_mutex_lock(&files); \
      forget_fd(fd); \
      pthread_mutex_unlock(&files); \
    } \
    END_STEP(action); \
    return result; \
  }
SYNCING(fsync)
SYNCING(fdatasync)

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  char buffer[512];
  const char *path = path_of(fd, buffer, sizeof buffer);
  int action = path == NULL ? NONE : step(TRUNCATE, "truncate", path);
  if (action == FAIL) return -1;
  int result = real(fd, length);
  if (path != NULL && tracks()) {
    /* Simpler than a real disk: a cut, and all before it, stands at once. */
    pthread_mutex_lock(&files);
    forget_fd(fd);
    pthread_mutex_unlock(&files);
  }
  END_STEP(action);
  return result;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

#define NAMING(function, parameters, arguments, path) \
  int function parameters { \
    REAL(function); \
    int action = is_ours(path) ? step(NAME, #function, path) : NONE; \
    if (action == FAIL) return -1; \
    int result = real arguments; \
    int error = errno; \
    END_STEP(action); \
    errno = error; \
    return result; \
  }
NAMING(rename, (const char *from, const char *to), (from, to), to)
NAMING(link, (const char *from, const char *to), (from, to), to)
NAMING(unlink, (const char *path), (path), path)
NAMING(mkdir, (const char *path, mode_t mode), (path, mode), path)

static int open_file(const char *path, int flags, mode_t mode) {
  static __typeof__(&open64) real;
  if (real == NULL) real = (__typeof__(&open64))dlsym(RTLD_NEXT, "open64");
  int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
  if (!writes || !is_ours(path)) return real(path, flags, mode);
  int creates = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  int action = step(NAME, creates ? "create" : "open", path);
  if (action == FAIL) return -1;
  int fd = real(path, flags, mode);
  int error = errno;
  if (fd >= 0 && creates && tracks()) {
    struct stat file;
    pthread_mutex_lock(&files);
    if (fstat(fd, &file) == 0) remember(path, &file, 0, NULL, 0, 1);
    pthread_mutex_unlock(&files);
  }
  END_STEP(action);
  errno = error;
  return fd;
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if (((flags) & O_CREAT) != 0) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_file(path, flags, mode); }
int open(const char *path, int flags, ...) { MODE_OF(flags) return open_file(path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) {
  REAL(openat);
  MODE_OF(flags)
  return path[0] == '/' ? open_file(path, flags, mode) : real(folder, path, flags, mode);
}

/* --- the time of day ----------------------------------------------------------------------------------------- */

static int64_t offset_ms(void) { return control == NULL ? 0 : control->clock_ms; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  int result = real(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t ms = offset_ms();
    now->tv_sec += ms / 1000;
    now->tv_nsec += (ms % 1000) * 1000000;
    if (now->tv_nsec < 0) { now->tv_nsec += 1000000000; now->tv_sec -= 1; }
    if (now->tv_nsec >= 1000000000) { now->tv_nsec -= 1000000000; now->tv_sec += 1; }
  }
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  int result = clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return result;
}

time_t time(time_t *where) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (where != NULL) *where = exact.tv_sec;
  return exact.tv_sec;
}
