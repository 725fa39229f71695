// What Swift's Glibc module leaves out: the kernel's clock discipline, the kinds of file systems, and a spawned process
// that inherits no open file (glibc 2.34 and later), and how the allocator keeps house.
#include <malloc.h>
#include <spawn.h>
#include <sys/timex.h>
#include <sys/vfs.h>

extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
