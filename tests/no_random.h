/* A system that gives no random numbers while `no_random` is set: for one test program, which is linked with --wrap=getentropy. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

static bool no_random;

int __real_getentropy(void *buffer, size_t size);
int __wrap_getentropy(void *buffer, size_t size);

int __wrap_getentropy(void *buffer, size_t size) {
    if (!no_random) return __real_getentropy(buffer, size);
    errno = ENOSYS;
    return -1;
}
