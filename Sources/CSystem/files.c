#include "CSystem.h"

#include <sys/vfs.h>

long csystem_file_system(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)status.f_type : 0;
}
