#include "CSystem.h"

#include <sys/timex.h>

bool csystem_clock_is_kept(void) {
    // Nothing is set: the state is asked for.
    struct timex time = {.modes = 0};
    return adjtimex(&time) != TIME_ERROR;
}
