#define _GNU_SOURCE

#include "CPowerCut.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* What a power cut leaves, by the letter of POSIX: the bytes of a file that were there when fsync or fdatasync last
   returned, and the names that were in the folder when the folder itself was last flushed.

   Each file has an image in the shadow folder. Writes are only noted; a flush copies what was noted into the image. A
   program that is killed leaves the images as they are, in the middle of a flush too, which is a state that a disk may
   be in as well. Whoever plays the power cut then puts the images in the place of the files.

   What is written past us (by a mapping, by a call not listed here) never reaches an image and shows as lost: mistakes
   of this file raise a false alarm and hide nothing. Files that end in -shm are left out; SQLite maps them and makes
   them anew. */

typedef struct {
    off_t start, end;
} range;

typedef struct file {
    struct file *next;
    char key[64];
    int is_folder;
    pthread_mutex_t lock;
    /* Where the image is out of date. */
    range *ranges;
    size_t count, capacity;
    /* The shortest the file has been since it was flushed; what lay behind it is gone even where it grew again. */
    off_t shortest;
} file;

enum { DESCRIPTORS_MAX = 65536, KEPT_BYTES = 1 << 18 };

static file *open_files[DESCRIPTORS_MAX];
static file *all_files;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
/* NULL: nothing is watched. */
static char *database, *folder, *shadow;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((noreturn)) static void fail(const char *what, const char *path) {
    dprintf(STDERR_FILENO, "power cut: %s %s: %s; the run proves nothing\n", what, path, strerror(errno));
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *database_path = getenv(ZUBR_POWER_CUT_DATABASE), *shadow_path = getenv(ZUBR_POWER_CUT_SHADOW);
    const char *slash = database_path ? strrchr(database_path, '/') : NULL;
    if (!slash || !shadow_path) return;
    folder = strndup(database_path, slash == database_path ? 1 : (size_t)(slash - database_path));
    shadow = strdup(shadow_path);
    database = strdup(database_path);
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* A number that no other file of this folder has or had: inodes are given again, but not with the same birth. */
static int describe(int descriptor, const char *name, char *key) {
    struct statx status;
    if (statx(descriptor, name, *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0)
        return -1;
    return snprintf(
        key, 64, "%llu-%lld.%09u", (unsigned long long)status.stx_ino, (long long)status.stx_btime.tv_sec,
        status.stx_btime.tv_nsec);
}

int zubr_power_cut_key(const char *path, char *key) { return describe(AT_FDCWD, path, key); }

static int open_image(const file *it, int flags) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", shadow, it->key);
    int image = REAL(open)(path, flags | O_CLOEXEC, 0600);
    if (image < 0 && errno != ENOENT) fail("cannot open", path);
    return image;
}

static void note(file *it, off_t start, off_t end) {
    if (end <= start) return;
    pthread_mutex_lock(&it->lock);
    range *last = it->count ? &it->ranges[it->count - 1] : NULL;
    if (last && start <= last->end && end >= last->start) {
        if (start < last->start) last->start = start;
        if (end > last->end) last->end = end;
    } else {
        if (it->count == it->capacity) {
            it->capacity = it->capacity ? it->capacity * 2 : 64;
            it->ranges = realloc(it->ranges, it->capacity * sizeof *it->ranges);
            if (!it->ranges) fail("no memory for", it->key);
        }
        it->ranges[it->count++] = (range){start, end};
    }
    pthread_mutex_unlock(&it->lock);
}

static void note_length(file *it, off_t length) {
    pthread_mutex_lock(&it->lock);
    if (length < it->shortest) it->shortest = length;
    pthread_mutex_unlock(&it->lock);
}

/* What a program before this one wrote and did not flush is still to be flushed: the difference to the image. */
static void compare(file *it, int descriptor) {
    int image = open_image(it, O_RDONLY);
    struct stat theirs, ours = {0};
    if (fstat(descriptor, &theirs) != 0) fail("cannot look at", it->key);
    if (image >= 0 && fstat(image, &ours) != 0) fail("cannot look at the image of", it->key);
    if (theirs.st_size < ours.st_size) it->shortest = theirs.st_size;
    char *a = malloc(KEPT_BYTES), *b = malloc(KEPT_BYTES);
    if (!a || !b) fail("no memory for", it->key);
    for (off_t at = 0; at < theirs.st_size; at += KEPT_BYTES) {
        ssize_t length = pread(descriptor, a, KEPT_BYTES, at);
        if (length < 0) fail("cannot read", it->key);
        ssize_t known = image >= 0 ? pread(image, b, KEPT_BYTES, at) : 0;
        if (length != known || memcmp(a, b, (size_t)length) != 0) note(it, at, at + length);
    }
    free(a);
    free(b);
    if (image >= 0) REAL(close)(image);
}

static void copy(file *it, int source, int image, off_t start, off_t end) {
    char *buffer = malloc(KEPT_BYTES);
    if (!buffer) fail("no memory for", it->key);
    while (start < end) {
        size_t wanted = end - start < KEPT_BYTES ? (size_t)(end - start) : KEPT_BYTES;
        ssize_t length = pread(source, buffer, wanted, start);
        if (length < 0) fail("cannot read", it->key);
        if (length == 0) break; /* It was cut off meanwhile. */
        if (REAL(pwrite)(image, buffer, (size_t)length, start) != length) fail("cannot write the image of", it->key);
        start += length;
    }
    free(buffer);
}

/* Under its lock from beginning to end: a second flush must not return before the first has copied. */
static void keep(file *it, int descriptor) {
    pthread_mutex_lock(&it->lock);
    int image = open_image(it, O_RDWR | O_CREAT);
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    int source = REAL(open)(link, O_RDONLY | O_CLOEXEC);
    struct stat theirs, ours;
    if (source < 0 || fstat(source, &theirs) != 0 || fstat(image, &ours) != 0) fail("cannot look at", it->key);
    if (it->shortest < ours.st_size && REAL(ftruncate)(image, it->shortest) != 0) fail("cannot shorten", it->key);
    for (size_t i = 0; i < it->count; i++) copy(it, source, image, it->ranges[i].start, it->ranges[i].end);
    if (REAL(ftruncate)(image, theirs.st_size) != 0) fail("cannot set the length of", it->key);
    it->count = 0;
    it->shortest = INT64_MAX;
    REAL(close)(source);
    REAL(close)(image);
    pthread_mutex_unlock(&it->lock);
}

/* Writes down which names the folder has now: those that are there after a power cut. */
static void keep_names(file *it) {
    char unfinished[PATH_MAX], finished[PATH_MAX], key[64];
    snprintf(unfinished, sizeof unfinished, "%s/names.new", shadow);
    snprintf(finished, sizeof finished, "%s/names", shadow);
    const char *base = strrchr(database, '/') + 1;
    pthread_mutex_lock(&it->lock);
    DIR *entries = opendir(folder);
    int list = REAL(open)(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!entries || list < 0) fail("cannot list", folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strncmp(entry->d_name, base, strlen(base)) != 0 || ends_with(entry->d_name, "-shm")) continue;
        if (describe(dirfd(entries), entry->d_name, key) > 0) dprintf(list, "%s %s\n", key, entry->d_name);
    }
    closedir(entries);
    REAL(close)(list);
    if (rename(unfinished, finished) != 0) fail("cannot replace", finished);
    pthread_mutex_unlock(&it->lock);
}

/* Decides whether a file just opened is one of ours. */
static void meet(int descriptor, int flags) {
    if (!database || descriptor < 0 || descriptor >= DESCRIPTORS_MAX) return;
    int before = errno;
    char link[64], path[PATH_MAX], key[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    int is_folder = strcmp(path, folder) == 0;
    int is_ours = is_folder || (strncmp(path, database, strlen(database)) == 0 && !ends_with(path, "-shm"));
    if (is_ours && describe(descriptor, "", key) > 0) {
        pthread_mutex_lock(&table_lock);
        file *it = all_files;
        while (it && strcmp(it->key, key) != 0) it = it->next;
        if (!it) {
            it = calloc(1, sizeof *it);
            if (!it) fail("no memory for", path);
            strcpy(it->key, key);
            it->is_folder = is_folder;
            it->shortest = INT64_MAX;
            pthread_mutex_init(&it->lock, NULL);
            if (!is_folder) {
                int reader = REAL(open)(link, O_RDONLY | O_CLOEXEC);
                if (reader < 0) fail("cannot read", path);
                compare(it, reader);
                REAL(close)(reader);
            }
            it->next = all_files;
            all_files = it;
        }
        pthread_mutex_unlock(&table_lock);
        if (flags & O_TRUNC) note_length(it, 0);
        __atomic_store_n(&open_files[descriptor], it, __ATOMIC_RELEASE);
    }
    errno = before;
}

static file *file_at(int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX) return NULL;
    return __atomic_load_n(&open_files[descriptor], __ATOMIC_ACQUIRE);
}

static off_t place_of(int descriptor) { return file_at(descriptor) ? lseek(descriptor, 0, SEEK_CUR) : 0; }

static ssize_t wrote(int descriptor, off_t end, ssize_t length) {
    file *it = file_at(descriptor);
    if (it && length > 0) note(it, end - length, end);
    return length;
}

static int flushed(int descriptor, int code) {
    file *it = file_at(descriptor);
    if (!it || code != 0) return code;
    if (it->is_folder) keep_names(it);
    else keep(it, descriptor);
    return code;
}

/* ---- What the program calls instead of the C library ---- */

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                        \
        va_end(rest);                                                                                                  \
        int descriptor = REAL(name)(path, flags, mode);                                                                \
        meet(descriptor, flags);                                                                                       \
        return descriptor;                                                                                             \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                   \
    int name(int at, const char *path, int flags, ...) {                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                        \
        va_end(rest);                                                                                                  \
        int descriptor = REAL(name)(at, path, flags, mode);                                                            \
        meet(descriptor, flags);                                                                                       \
        return descriptor;                                                                                             \
    }
OPENAT(openat)
OPENAT(openat64)

/* What open becomes where the compiler checks its arguments. */
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }

int close(int descriptor) {
    /* Before: afterwards the number may already be another's. */
    if (descriptor >= 0 && descriptor < DESCRIPTORS_MAX)
        __atomic_store_n(&open_files[descriptor], NULL, __ATOMIC_RELEASE);
    return REAL(close)(descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    ssize_t length = REAL(write)(descriptor, bytes, count);
    return wrote(descriptor, place_of(descriptor), length);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    ssize_t length = REAL(writev)(descriptor, parts, count);
    return wrote(descriptor, place_of(descriptor), length);
}

#define PWRITE(name)                                                                                                   \
    ssize_t name(int descriptor, const void *bytes, size_t count, off_t start) {                                       \
        ssize_t length = REAL(name)(descriptor, bytes, count, start);                                                  \
        return wrote(descriptor, start + length, length);                                                              \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name)                                                                                                  \
    ssize_t name(int descriptor, const struct iovec *parts, int count, off_t start) {                                  \
        ssize_t length = REAL(name)(descriptor, parts, count, start);                                                  \
        return wrote(descriptor, start + length, length);                                                              \
    }
PWRITEV(pwritev)
PWRITEV(pwritev64)

/* Room that was only set aside is a length, which the next flush takes over. */
#define FTRUNCATE(name)                                                                                                \
    int name(int descriptor, off_t length) {                                                                           \
        int code = REAL(name)(descriptor, length);                                                                     \
        file *it = file_at(descriptor);                                                                                \
        if (it && code == 0) note_length(it, length);                                                                  \
        return code;                                                                                                   \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

int fsync(int descriptor) { return flushed(descriptor, REAL(fsync)(descriptor)); }
int fdatasync(int descriptor) { return flushed(descriptor, REAL(fdatasync)(descriptor)); }
