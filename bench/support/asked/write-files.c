// Writes COUNT files of SIZE bytes into FOLDER, each under a name of its own that it gets when it is whole: the least that a file a trace costs.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const long count = atol(argv[2]), size = atol(argv[3]);
  char *const data = calloc(size, 1);
  char part[4096], whole[4096];
  for (long i = 0; i < count; i++) {
    snprintf(part, sizeof part, "%s/%ld.part", argv[1], i);
    snprintf(whole, sizeof whole, "%s/%ld.pb", argv[1], i);
    const int file = open(part, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (file < 0 || write(file, data, size) != size || close(file) != 0 || rename(part, whole) != 0) return 1;
  }
  return 0;
}
