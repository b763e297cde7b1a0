#include "io/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::io {

result<file_lock> file_lock::take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (descriptor < 0) { return os_failure(errno, format("open the lock {}", escaped(path))); }
  file_lock made(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) { return made; }
  if (errno == EWOULDBLOCK) {
    return error{errc::conflict, 0, format("lock {}; another process holds it", escaped(path))};
  }
  return os_failure(errno, format("lock {}", escaped(path)));
}

file_lock::~file_lock() {
  if (descriptor_ >= 0) { ::close(descriptor_); }
}

}  // namespace sluice::io
