/* Lets a write to the files of a database fail, for tests. Preloaded into the service.
 *
 * FAILING_WRITES names a file of three 32-bit integers: how many writes are still to succeed (negative: all),
 * how many are to fail then, and the errno with which they do. A write is pwrite, write, fsync, fdatasync or
 * ftruncate on a file whose name ends with ".db" or ".db-wal".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

struct faults {
  atomic_int before;
  atomic_int failing;
  atomic_int error;
};

static struct faults *faults(void) {
  static _Atomic(struct faults *) mapped = NULL;
  struct faults *known = atomic_load(&mapped);
  if (known != NULL) {
    return known;
  }
  const char *path = getenv("FAILING_WRITES");
  int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) {
    return NULL;
  }
  void *at = mmap(NULL, sizeof(struct faults), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (at == MAP_FAILED) {
    return NULL;
  }
  atomic_store(&mapped, at);
  return at;
}

static int ends_with(const char *text, size_t length, const char *end) {
  size_t of_end = strlen(end);
  return length >= of_end && memcmp(text + length - of_end, end, of_end) == 0;
}

static int is_database(int fd) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path);
  return length > 0
      && (ends_with(path, (size_t) length, ".db") || ends_with(path, (size_t) length, ".db-wal"));
}

/* Whether this write is one that fails; errno is set then. */
static int fails(int fd) {
  struct faults *f = faults();
  if (f == NULL || atomic_load(&f->before) < 0 || !is_database(fd)) {
    return 0;
  }
  if (atomic_load(&f->before) > 0) {
    atomic_fetch_sub(&f->before, 1);
    return 0;
  }
  if (atomic_fetch_sub(&f->failing, 1) <= 0) {
    atomic_store(&f->before, -1);
    return 0;
  }
  errno = atomic_load(&f->error);
  return 1;
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  return fails(fd) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  return fails(fd) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  return fails(fd) ? -1 : REAL(write)(fd, bytes, count);
}

int fsync(int fd) {
  return fails(fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
  return fails(fd) ? -1 : REAL(fdatasync)(fd);
}

int ftruncate(int fd, off_t length) {
  return fails(fd) ? -1 : REAL(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  return fails(fd) ? -1 : REAL(ftruncate64)(fd, length);
}
