#define _GNU_SOURCE

#include "CTrueTimers.h"

#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* libfaketime 0.9.10 moves every absolute deadline of a timerfd with the time it tells, whatever the timer's clock and
   though FAKETIME_DONT_FAKE_MONOTONIC is set, because the call does not name the clock
   (https://github.com/wolfcw/libfaketime/issues/378). Swift's sleeps are timers on CLOCK_BOOTTIME, which no setting of
   the real clock moves: told "an hour back", libfaketime would let a sleep of 0.2 s last an hour. So these two calls go
   straight to the kernel. Timers on CLOCK_REALTIME would then run by the true time; the daemon has none. */

int timerfd_settime(int timer, int flags, const struct itimerspec *next, struct itimerspec *before) {
    return (int)syscall(SYS_timerfd_settime, timer, flags, next, before);
}

int timerfd_gettime(int timer, struct itimerspec *next) { return (int)syscall(SYS_timerfd_gettime, timer, next); }
