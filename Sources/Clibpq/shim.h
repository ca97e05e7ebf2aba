#include <libpq-fe.h>
#include <sys/eventfd.h> // the Glibc module leaves it out
