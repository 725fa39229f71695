// A file system for SQLite that a test can make fail.
//
// It stands before SQLite's own: files below a mounted folder pass through hooks, all others are opened as if it were
// not there. So it can be the process's default without any other test noticing.

#ifndef SIMULATED_DISK_H
#define SIMULATED_DISK_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    simulated_disk_write,
    simulated_disk_truncate,
    simulated_disk_sync,
    simulated_disk_delete,
} simulated_disk_operation;

/// What a write or truncation has replaced; the bytes are only lent.
typedef struct {
    int64_t offset;
    const void *bytes;
    int64_t count;
    const void *old_bytes;
    int64_t old_count;
    int64_t old_size;
    int64_t new_size;
} simulated_disk_change;

typedef struct {
    void *context;
    /// A file of the folder was opened; `path` is complete. Returns the number it is known by below.
    int (*opened)(void *context, const char *path, bool was_made);
    /// Asked before each operation that changes something. Returns 0 to let it happen, else SQLite's code for how it fails; then `*torn` is
    /// how many bytes of a write still reach the file.
    int (*ask)(void *context, int file, simulated_disk_operation operation, int64_t offset, int64_t count, int64_t *torn);
    /// A write or a truncation has reached the file, though not yet the disk.
    void (*changed)(void *context, int file, const simulated_disk_change *change);
    /// All of the file has reached the disk.
    void (*synced)(void *context, int file);
    /// Before a file is deleted. Returns 0, or SQLite's code for how it fails; `is_durable` says that the folder is synced.
    int (*deleting)(void *context, const char *path, bool is_durable);
} simulated_disk_hooks;

/// Puts the hooks before everything below `folder`, which ends without a slash. Returns 0 when there is no room.
int simulated_disk_mount(const char *folder, simulated_disk_hooks hooks);

/// Call when every connection to files of the folder is closed.
void simulated_disk_unmount(const char *folder);

/// How many connections are inside a transaction on a write-ahead log below `folder`.
int simulated_disk_transactions(const char *folder);

#endif
