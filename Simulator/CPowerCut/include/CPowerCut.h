#ifndef ZUBR_CPOWERCUT_H
#define ZUBR_CPOWERCUT_H

/* A disk that forgets what was not flushed: preloaded into a program (LD_PRELOAD), it keeps beside each file of one
   database what of it would still be there after a power cut. See PowerCut.c. */

/* The database file, as the program names it after links are followed. It and every file whose name begins with its
   name are kept. */
#define ZUBR_POWER_CUT_DATABASE "ZUBR_POWER_CUT_DATABASE"
/* The folder of what would be there: an image for each file, and the folder's own listing in "names". */
#define ZUBR_POWER_CUT_SHADOW "ZUBR_POWER_CUT_SHADOW"

/* The name under which the image of the file at path is kept, 64 bytes at most; -1 when there is no such file. For
   whoever plays the cut and loads the library with dlopen, which puts nothing in the place of its own calls. */
int zubr_power_cut_key(const char *path, char *key);

#endif
