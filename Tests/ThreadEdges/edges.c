// Preloaded into programs that were built with ThreadSanitizer: tells it what Swift's own libraries order between threads.
// They have no instruments in them, and it would take every value that a lock or a task handed over for a race.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef __attribute__((swiftcall)) void (*LockSlow)(uint32_t, __attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) void (*UnlockSlow)(__attribute__((swift_context)) void *);

typedef __attribute__((swiftasynccall)) void (*Await)(void *);

static void (*acquired)(void *);
static void (*released)(void *);
static LockSlow lock_slow;
static UnlockSlow unlock_slow;
static Await await_continuation;
static void *(*current_task)(void);

// What a lock does when nobody else wants it is compiled into the program, with its instruments. These two are not.
__attribute__((swiftcall)) void lock_and_say(uint32_t thread, __attribute__((swift_context)) void *lock) __asm__(
    "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
__attribute__((swiftcall)) void unlock_and_say(__attribute__((swift_context)) void *lock) __asm__(
    "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

static __attribute__((swiftasynccall)) void await_and_say(void *continuation);

// Where a jump to an address that follows it takes its place.
static const uint8_t jump[] = {0xFF, 0x25, 0, 0, 0, 0};

// The beginning of swift_continuation_await in Swift 6.3: whole instructions, none of which depends on where it stands.
static const uint8_t beginning[] = {0x55, 0x48, 0x89, 0xE5, 0x41, 0x57, 0x41, 0x54,
                                    0x53, 0x48, 0x83, 0xEC, 0x38, 0x49, 0x89, 0xFE};

static void write_jump(uint8_t *place, const void *target) {
    memcpy(place, jump, sizeof jump);
    memcpy(place + sizeof jump, &target, sizeof target);
}

// The library calls this function of its own directly, so that a function of the same name would not be found.
static void redirect_await(uint8_t *function) {
    long page = sysconf(_SC_PAGESIZE);
    uint8_t *first = (uint8_t *)((uintptr_t)function & -(uintptr_t)page);
    uint8_t *copy = mmap(0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!function || memcmp(function, beginning, sizeof beginning) || copy == MAP_FAILED
        || mprotect(first, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC)) {
        fprintf(stderr, "edges: another swift_continuation_await than that of Swift 6.3; expect false reports\n");
        return;
    }
    memcpy(copy, beginning, sizeof beginning);
    write_jump(copy + sizeof beginning, function + sizeof beginning);
    mprotect(copy, page, PROT_READ | PROT_EXEC);
    await_continuation = (Await)(void *)copy;
    write_jump(function, await_and_say);
    mprotect(first, 2 * page, PROT_READ | PROT_EXEC);
}

__attribute__((constructor)) static void begin(void) {
    lock_slow = (LockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    unlock_slow = (UnlockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    current_task = (void *(*)(void))dlsym(RTLD_DEFAULT, "swift_task_getCurrent");
    acquired = (void (*)(void *))dlsym(RTLD_DEFAULT, "__tsan_acquire");
    released = (void (*)(void *))dlsym(RTLD_DEFAULT, "__tsan_release");
    if (!acquired) return;
    // Swift's runtime can say itself when a task goes on elsewhere. The sanitizer would ask it to, but finds a function of
    // this name in the program first.
    void *core = dlopen("libswiftCore.so", RTLD_LAZY | RTLD_NOLOAD);
    void (*begin_saying)(void) = core ? (void (*)(void))dlsym(core, "__tsan_on_initialize") : 0;
    if (begin_saying) begin_saying();
    if (current_task) redirect_await(dlsym(RTLD_DEFAULT, "swift_continuation_await"));
}

__attribute__((swiftcall)) void lock_and_say(uint32_t thread, __attribute__((swift_context)) void *lock) {
    lock_slow(thread, lock);
    if (acquired) acquired(lock);
}

__attribute__((swiftcall)) void unlock_and_say(__attribute__((swift_context)) void *lock) {
    if (released) released(lock);
    unlock_slow(lock);
}

// Swift's runtime says when a task that waits is answered and goes on. One that is answered before it waits just goes on, and
// then it says nothing: it goes on by way of us.
typedef __attribute__((swiftasynccall)) void (*Resume)(__attribute__((swift_async_context)) void *);

struct continuation {
    void *parent;
    Resume resume;
};

// Where each goes on, by its address. A task that did wait does not come by; its entry is overwritten when the address is used
// again.
enum { PLACES = 1 << 20 };
static struct {
    struct continuation *continuation;
    Resume resume;
} ways[PLACES];
static int lock_of_ways;

static size_t place_of(struct continuation *continuation) {
    size_t place = ((uintptr_t)continuation >> 4) * 0x9E3779B97F4A7C15u >> 44;
    while (ways[place].continuation && ways[place].continuation != continuation) place = (place + 1) % PLACES;
    return place;
}

static Resume exchange_way(struct continuation *continuation, Resume resume) {
    while (__atomic_exchange_n(&lock_of_ways, 1, __ATOMIC_ACQUIRE)) {}
    size_t place = place_of(continuation);
    Resume before = ways[place].resume;
    ways[place].continuation = continuation;
    if (resume) ways[place].resume = resume;
    __atomic_store_n(&lock_of_ways, 0, __ATOMIC_RELEASE);
    return before;
}

static __attribute__((swiftasynccall)) void say_and_resume(__attribute__((swift_async_context)) void *continuation) {
    acquired(current_task());
    __attribute__((musttail)) return exchange_way(continuation, 0)(continuation);
}

static __attribute__((swiftasynccall)) void await_and_say(void *context) {
    struct continuation *continuation = context;
    exchange_way(continuation, continuation->resume);
    continuation->resume = say_and_resume;
    __attribute__((musttail)) return await_continuation(context);
}
