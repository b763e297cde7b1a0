#include "io/blocking.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sluice::io::blocking {

namespace {

/// Closed when dropped.
struct opened {
  int descriptor;
  explicit opened(int made) : descriptor(made) {}
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;
  ~opened() {
    if (descriptor >= 0) { ::close(descriptor); }
  }
};

error failed(std::string_view what, const std::string& path) {
  const int failure = errno;
  return os_failure(failure, format("{} {}", what, escaped(path)));
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) { return "."; }
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool write_and_sync(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) { continue; }
    if (written < 0) { return false; }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

}  // namespace

result<std::string> read_file(const std::string& path, std::uint64_t bytes_max) {
  const opened source(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (source.descriptor < 0) { return failed("open", path); }
  std::string bytes;
  while (bytes.size() <= bytes_max) {
    const std::size_t start = bytes.size();
    bytes.resize(start + 64 * limits::kib);
    const ssize_t length = ::read(source.descriptor, bytes.data() + start, bytes.size() - start);
    bytes.resize(start + static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    if (length < 0 && errno == EINTR) { continue; }
    if (length < 0) { return failed("read", path); }
    if (length == 0) { return bytes; }
  }
  return error{errc::limit_reached, 0,
               format("read {}: it has more than {} bytes", escaped(path), bytes_max)};
}

result<void> write_file(const std::string& path, std::string_view bytes, unsigned permissions) {
  const std::string fresh = path + ".new";
  {
    const opened target(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions));
    if (target.descriptor < 0) { return failed("make", fresh); }
    if (!write_and_sync(target.descriptor, bytes)) {
      error failure = failed("write to", fresh);
      ::unlink(fresh.c_str());
      return failure;
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) { return failed("rename to", path); }
  const std::string parent = parent_of(path);
  const opened folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.descriptor < 0 || ::fsync(folder.descriptor) != 0) {
    return failed("make durable the names of", parent);
  }
  return {};
}

result<void> make_folders(const std::string& path, unsigned permissions) {
  for (auto end = path.find('/', 1); true; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), permissions) != 0 && errno != EEXIST) {
      return failed("make folder", part);
    }
    if (end == std::string::npos) { break; }
  }
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) { return failed("look at", path); }
  if (S_ISDIR(facts.st_mode)) { return {}; }
  return error{errc::conflict, ENOTDIR, format("make folder {}", escaped(path))};
}

result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) { return {}; }
  return failed(format("rename to {}:", escaped(to)), from);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace sluice::io::blocking
