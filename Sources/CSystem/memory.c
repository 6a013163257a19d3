#define _GNU_SOURCE
#include "CSystem.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

static int release_object(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    uintptr_t page = (uintptr_t)*(const long *)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        // A writable segment has relocations and variables in it; the others are the file's own bytes.
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) {
            continue;
        }
        uintptr_t start = (info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        // Advice only: where it is refused, the pages stay.
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void csystem_release_code(void) {
    long page = sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(release_object, &page);
}
