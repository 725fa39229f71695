#include "simulated_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char folder[512];
    size_t length;
    simulated_disk_hooks hooks;
    atomic_int transactions;
    bool is_used;
} mount;

enum { mounts_max = 64 };
static mount mounts[mounts_max];
static pthread_mutex_t mounts_lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *system_vfs;
static sqlite3_vfs shim;

/// A file below a mounted folder; the system's own follows it in memory.
typedef struct {
    sqlite3_file base;
    mount *mount;
    int number;
    sqlite3_file *real;
} hooked_file;

static mount *find(const char *path) {
    if (!path) return NULL;
    mount *found = NULL;
    pthread_mutex_lock(&mounts_lock);
    for (int i = 0; i < mounts_max && !found; i++) {
        mount *m = &mounts[i];
        if (m->is_used && strncmp(path, m->folder, m->length) == 0 && path[m->length] == '/') found = m;
    }
    pthread_mutex_unlock(&mounts_lock);
    return found;
}

#define HOOKED(file) hooked_file *self = (hooked_file *)(file)

static int file_close(sqlite3_file *file) {
    HOOKED(file);
    return self->real->pMethods->xClose(self->real);
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    HOOKED(file);
    return self->real->pMethods->xRead(self->real, bytes, count, offset);
}

static sqlite3_int64 size_of(sqlite3_file *real) {
    sqlite3_int64 size = 0;
    real->pMethods->xFileSize(real, &size);
    return size;
}

/// Does `change`, whose old bytes are filled in here, and tells of it.
static int replace(hooked_file *self, simulated_disk_change change, bool is_truncation) {
    change.old_size = size_of(self->real);
    int64_t end = is_truncation ? change.old_size : change.offset + change.count;
    if (end > change.old_size) end = change.old_size;
    change.old_count = end > change.offset ? end - change.offset : 0;
    void *old = change.old_count ? malloc((size_t)change.old_count) : NULL;
    if (change.old_count) {
        if (!old) return SQLITE_NOMEM;
        int code = self->real->pMethods->xRead(self->real, old, (int)change.old_count, change.offset);
        if (code) {
            free(old);
            return code;
        }
    }
    change.old_bytes = old;
    int code = is_truncation ? self->real->pMethods->xTruncate(self->real, change.offset)
                             : self->real->pMethods->xWrite(self->real, change.bytes, (int)change.count, change.offset);
    if (code == SQLITE_OK) {
        change.new_size = size_of(self->real);
        self->mount->hooks.changed(self->mount->hooks.context, self->number, &change);
    }
    free(old);
    return code;
}

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    HOOKED(file);
    int64_t torn = 0;
    simulated_disk_hooks *hooks = &self->mount->hooks;
    int failure = hooks->ask(hooks->context, self->number, simulated_disk_write, offset, count, &torn);
    int64_t written = failure ? torn : count;
    if (written > 0) {
        simulated_disk_change change = {.offset = offset, .bytes = bytes, .count = written};
        int code = replace(self, change, false);
        if (code) return code;
    }
    return failure;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    HOOKED(file);
    int64_t torn = 0;
    simulated_disk_hooks *hooks = &self->mount->hooks;
    int code = hooks->ask(hooks->context, self->number, simulated_disk_truncate, size, 0, &torn);
    if (code) return code;
    simulated_disk_change change = {.offset = size};
    return replace(self, change, true);
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    HOOKED(file);
    int64_t torn = 0;
    simulated_disk_hooks *hooks = &self->mount->hooks;
    int code = hooks->ask(hooks->context, self->number, simulated_disk_sync, 0, 0, &torn);
    // The system's own sync would only cost time: what is durable is for the hooks to know.
    if (code == SQLITE_OK) hooks->synced(hooks->context, self->number);
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    HOOKED(file);
    return self->real->pMethods->xFileSize(self->real, size);
}

static int file_lock(sqlite3_file *file, int level) {
    HOOKED(file);
    return self->real->pMethods->xLock(self->real, level);
}

static int file_unlock(sqlite3_file *file, int level) {
    HOOKED(file);
    return self->real->pMethods->xUnlock(self->real, level);
}

static int file_check_reserved(sqlite3_file *file, int *is_reserved) {
    HOOKED(file);
    return self->real->pMethods->xCheckReservedLock(self->real, is_reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    HOOKED(file);
    // Growing a file ahead of its use would be a change past the hooks.
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
    return self->real->pMethods->xFileControl(self->real, operation, argument);
}

static int file_sector_size(sqlite3_file *file) {
    HOOKED(file);
    return self->real->pMethods->xSectorSize(self->real);
}

static int file_characteristics(sqlite3_file *file) {
    HOOKED(file);
    return self->real->pMethods->xDeviceCharacteristics(self->real);
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    HOOKED(file);
    return self->real->pMethods->xShmMap(self->real, region, size, extend, memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    HOOKED(file);
    int code = self->real->pMethods->xShmLock(self->real, offset, count, flags);
    if (code == SQLITE_OK && (flags & SQLITE_SHM_SHARED)) {
        atomic_fetch_add(&self->mount->transactions, flags & SQLITE_SHM_LOCK ? 1 : -1);
    }
    return code;
}

static void file_shm_barrier(sqlite3_file *file) {
    HOOKED(file);
    self->real->pMethods->xShmBarrier(self->real);
}

static int file_shm_unmap(sqlite3_file *file, int is_deleted) {
    HOOKED(file);
    return self->real->pMethods->xShmUnmap(self->real, is_deleted);
}

// Version 2: shared memory for the log's index, and no mapped reads, which would go past the hooks.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    return system_vfs->xAccess(system_vfs, path, flags, result);
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *flags_out) {
    (void)vfs;
    mount *found = find(path);
    if (!found) return system_vfs->xOpen(system_vfs, path, file, flags, flags_out);
    hooked_file *self = (hooked_file *)file;
    self->base.pMethods = NULL;
    self->mount = found;
    self->real = (sqlite3_file *)(self + 1);
    int was_there = 0;
    system_vfs->xAccess(system_vfs, path, SQLITE_ACCESS_EXISTS, &was_there);
    int code = system_vfs->xOpen(system_vfs, path, self->real, flags, flags_out);
    if (self->real->pMethods == NULL) return code;
    if (code) {
        self->real->pMethods->xClose(self->real);
        return code;
    }
    int is_there = 0;
    system_vfs->xAccess(system_vfs, path, SQLITE_ACCESS_EXISTS, &is_there);
    self->number = found->hooks.opened(found->hooks.context, path, !was_there && is_there);
    self->base.pMethods = &methods;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int is_durable) {
    (void)vfs;
    mount *found = find(path);
    if (found) {
        int code = found->hooks.deleting(found->hooks.context, path, is_durable != 0);
        if (code) return code;
    }
    return system_vfs->xDelete(system_vfs, path, is_durable);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int count, char *out) {
    (void)vfs;
    return system_vfs->xFullPathname(system_vfs, path, count, out);
}
static void *vfs_dl_open(sqlite3_vfs *vfs, const char *path) {
    (void)vfs;
    return system_vfs->xDlOpen(system_vfs, path);
}
static void vfs_dl_error(sqlite3_vfs *vfs, int count, char *message) {
    (void)vfs;
    system_vfs->xDlError(system_vfs, count, message);
}
static void (*vfs_dl_sym(sqlite3_vfs *vfs, void *library, const char *symbol))(void) {
    (void)vfs;
    return system_vfs->xDlSym(system_vfs, library, symbol);
}
static void vfs_dl_close(sqlite3_vfs *vfs, void *library) {
    (void)vfs;
    system_vfs->xDlClose(system_vfs, library);
}
static int vfs_randomness(sqlite3_vfs *vfs, int count, char *out) {
    (void)vfs;
    return system_vfs->xRandomness(system_vfs, count, out);
}
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return system_vfs->xSleep(system_vfs, microseconds);
}
static int vfs_time(sqlite3_vfs *vfs, double *time) {
    (void)vfs;
    return system_vfs->xCurrentTime(system_vfs, time);
}
static int vfs_last_error(sqlite3_vfs *vfs, int count, char *out) {
    (void)vfs;
    return system_vfs->xGetLastError(system_vfs, count, out);
}
static int vfs_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *time) {
    (void)vfs;
    return system_vfs->xCurrentTimeInt64(system_vfs, time);
}

static void stand_before_the_system(void) {
    system_vfs = sqlite3_vfs_find(NULL);
    shim = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(hooked_file) + system_vfs->szOsFile,
        .mxPathname = system_vfs->mxPathname,
        .zName = "simulated-disk",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xDlOpen = vfs_dl_open,
        .xDlError = vfs_dl_error,
        .xDlSym = vfs_dl_sym,
        .xDlClose = vfs_dl_close,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time_int64,
    };
    sqlite3_vfs_register(&shim, 1);
}

int simulated_disk_mount(const char *folder, simulated_disk_hooks hooks) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, stand_before_the_system);
    size_t length = strlen(folder);
    if (length >= sizeof mounts[0].folder) return 0;
    int is_mounted = 0;
    pthread_mutex_lock(&mounts_lock);
    for (int i = 0; i < mounts_max && !is_mounted; i++) {
        mount *m = &mounts[i];
        if (m->is_used) continue;
        memcpy(m->folder, folder, length + 1);
        m->length = length;
        m->hooks = hooks;
        atomic_store(&m->transactions, 0);
        m->is_used = true;
        is_mounted = 1;
    }
    pthread_mutex_unlock(&mounts_lock);
    return is_mounted;
}

void simulated_disk_unmount(const char *folder) {
    pthread_mutex_lock(&mounts_lock);
    for (int i = 0; i < mounts_max; i++) {
        if (mounts[i].is_used && strcmp(mounts[i].folder, folder) == 0) mounts[i].is_used = false;
    }
    pthread_mutex_unlock(&mounts_lock);
}

int simulated_disk_transactions(const char *folder) {
    int count = 0;
    pthread_mutex_lock(&mounts_lock);
    for (int i = 0; i < mounts_max; i++) {
        if (mounts[i].is_used && strcmp(mounts[i].folder, folder) == 0) count = atomic_load(&mounts[i].transactions);
    }
    pthread_mutex_unlock(&mounts_lock);
    return count;
}
