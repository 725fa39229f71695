#ifndef ZUBR_CTRUETIMERS_H
#define ZUBR_CTRUETIMERS_H

/* Timers that run by the kernel's own clocks: preloaded (LD_PRELOAD) into a program before libfaketime. It defines
   nothing to call. See TrueTimers.c. */

#endif
