#include <cerrno>
#include <utility>

#include "io/file.hpp"
#include "io/kernel_features.hpp"
#include "io/perform.hpp"

namespace sluice::io {

/// `owned` is open only when it is not the folder itself.
struct folder::place {
  folder owned;
  int descriptor = -1;
  std::string last;
};

folder::folder(reactor& ring, int descriptor, std::string name) noexcept
    : ring_(&ring), descriptor_(descriptor), name_(std::move(name)) {}

folder::folder(folder&& other) noexcept
    : ring_(other.ring_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)) {}

folder& folder::operator=(folder&& other) noexcept {
  if (this != &other) {
    drop();
    ring_ = other.ring_;
    descriptor_ = std::exchange(other.descriptor_, -1);
    name_ = std::move(other.name_);
  }
  return *this;
}

folder::~folder() { drop(); }

void folder::drop() noexcept {
  if (descriptor_ >= 0) { ring_->operations().close_now(descriptor_); }
  descriptor_ = -1;
}

error folder::failure(std::int64_t outcome, std::string_view what, std::string_view path) const {
  const auto os_error = static_cast<int>(-outcome);
  if (os_error == ESPIPE) {
    return {errc::invalid, 0, format("{} {}: it is not a regular file", what, escaped(path))};
  }
  error made = os_failure(os_error, format("{} {} in {}", what, escaped(path), escaped(name_)));
  // The path leaves the folder, or a link is on the way.
  if (os_error == EXDEV || os_error == ELOOP) { made.code = errc::denied; }
  if (os_error == ENOTEMPTY) { made.code = errc::conflict; }
  return made;
}

task<result<folder>> folder::open(reactor& ring, std::string absolute_path) {
  const auto outcome =
      co_await detail::perform(ring, {.code = opcode::open_root, .path = absolute_path.c_str()});
  if (outcome < 0) {
    co_return os_failure(static_cast<int>(-outcome),
                         format("open folder {}", escaped(absolute_path)));
  }
  co_return folder(ring, static_cast<int>(outcome), std::move(absolute_path));
}

task<result<folder>> folder::open_folder(std::string path) const {
  const char* const wanted = path.empty() ? "." : path.c_str();
  const auto outcome = co_await detail::perform(
      *ring_, {.code = opcode::open_folder, .descriptor = descriptor_, .path = wanted});
  if (outcome < 0) { co_return failure(outcome, "open folder", path); }
  co_return folder(*ring_, static_cast<int>(outcome), format("{}/{}", name_, path));
}

task<result<file>> folder::open_file(std::string path, open_options options) const {
  options.direct = options.direct && is_usable(kernel_feature::direct_files);
  while (true) {
    const auto outcome = co_await detail::perform(*ring_, {.code = opcode::open_file,
                                                           .descriptor = descriptor_,
                                                           .path = path.c_str(),
                                                           .options = &options});
    if (outcome == -EINVAL && options.direct) {
      options.direct = false;
      options.exclusive = false;  // the refused open may have made it
      continue;
    }
    if (outcome < 0) { co_return failure(outcome, "open", path); }
    co_return file(*ring_, static_cast<int>(outcome), options.direct, std::move(path));
  }
}

task<result<folder::place>> folder::find(std::string path) const {
  place found;
  const auto slash = path.rfind('/');
  found.last = slash == std::string::npos ? path : path.substr(slash + 1);
  if (found.last.empty() || found.last == "." || found.last == "..") {
    co_return error{errc::invalid, 0, format("use {} as a name in {}", escaped(path), name_)};
  }
  found.descriptor = descriptor_;
  if (slash != std::string::npos) {
    auto parent = co_await open_folder(path.substr(0, slash));
    if (!parent) { co_return parent.error(); }
    found.owned = std::move(*parent);
    found.descriptor = found.owned.descriptor_;
  }
  co_return found;
}

task<result<void>> folder::change(opcode code, std::string path, std::uint32_t flags,
                                  std::string_view what) const {
  auto found = co_await find(path);
  if (!found) { co_return found.error(); }
  const auto outcome = co_await detail::perform(
      *ring_,
      {.code = code, .descriptor = found->descriptor, .flags = flags, .path = found->last.c_str()});
  if (outcome < 0) { co_return failure(outcome, what, path); }
  co_return result<void>();
}

task<result<void>> folder::make_folder(std::string path) const {
  return change(opcode::make_folder, std::move(path), 0750, "make folder");
}

task<result<void>> folder::make_folders(std::string path) const {
  if (path.empty() || path == ".") { co_return result<void>(); }
  auto existing = co_await open_folder(path);
  if (existing) { co_return result<void>(); }
  for (auto end = path.find('/'); true; end = path.find('/', end + 1)) {
    auto made = co_await change(opcode::make_folder, path.substr(0, end), 0750, "make folder");
    if (!made && made.error().code != errc::conflict) { co_return made; }
    if (end == std::string::npos) { break; }
  }
  auto opened = co_await open_folder(path);
  if (!opened) { co_return opened.error(); }
  co_return result<void>();
}

task<result<void>> folder::rename(std::string from, std::string to, on_existing how) const {
  auto source = co_await find(from);
  if (!source) { co_return source.error(); }
  auto target = co_await find(to);
  if (!target) { co_return target.error(); }
  const auto outcome =
      co_await detail::perform(*ring_, {.code = opcode::rename,
                                        .descriptor = source->descriptor,
                                        .other_descriptor = target->descriptor,
                                        .flags = how == on_existing::replace ? 1U : 0U,
                                        .path = source->last.c_str(),
                                        .other_path = target->last.c_str()});
  if (outcome < 0) { co_return failure(outcome, format("rename {} to", escaped(from)), to); }
  co_return result<void>();
}

task<result<void>> folder::remove_file(std::string path) const {
  return change(opcode::remove_file, std::move(path), 0, "remove");
}

task<result<void>> folder::remove_folder(std::string path) const {
  return change(opcode::remove_folder, std::move(path), 0, "remove folder");
}

task<result<file_facts>> folder::facts(std::string path) const {
  file_facts known;
  place found;
  found.descriptor = descriptor_;
  if (!path.empty() && path != ".") {
    auto named = co_await find(path);
    if (!named) { co_return named.error(); }
    found = std::move(*named);
  }
  const auto outcome = co_await detail::perform(*ring_, {.code = opcode::facts,
                                                         .descriptor = found.descriptor,
                                                         .path = found.last.c_str(),
                                                         .facts = &known});
  if (outcome < 0) { co_return failure(outcome, "look at", path); }
  co_return known;
}

task<result<std::string>> folder::read_link(std::string path) const {
  std::string target;
  auto found = co_await find(path);
  if (!found) { co_return found.error(); }
  const auto outcome = co_await detail::perform(*ring_, {.code = opcode::read_link,
                                                         .descriptor = found->descriptor,
                                                         .path = found->last.c_str(),
                                                         .text = &target});
  if (outcome < 0) { co_return failure(outcome, "read link", path); }
  co_return target;
}

task<result<std::vector<folder_entry>>> folder::list(std::string path) const {
  std::vector<folder_entry> entries;
  auto opened = co_await open_folder(path);
  if (!opened) { co_return opened.error(); }
  const auto outcome = co_await detail::perform(
      *ring_, {.code = opcode::list, .descriptor = opened->descriptor_, .entries = &entries});
  if (outcome < 0) { co_return failure(outcome, "list", path); }
  co_return entries;
}

task<result<void>> folder::sync(std::string path) const {
  auto opened = co_await open_folder(path);
  if (!opened) { co_return opened.error(); }
  const auto outcome = co_await detail::perform(
      *ring_, {.code = opcode::sync_all, .descriptor = opened->descriptor_});
  if (outcome < 0) { co_return failure(outcome, "make durable the names of", path); }
  co_return result<void>();
}

task<result<volume_facts>> folder::volume() const {
  volume_facts known;
  const auto outcome = co_await detail::perform(
      *ring_, {.code = opcode::volume, .descriptor = descriptor_, .volume = &known});
  if (outcome < 0) { co_return failure(outcome, "look at the volume of", "."); }
  co_return known;
}

task<result<void>> folder::sync_volume() const {
  const auto outcome =
      co_await detail::perform(*ring_, {.code = opcode::sync_volume, .descriptor = descriptor_});
  if (outcome < 0) { co_return failure(outcome, "make durable the volume of", "."); }
  co_return result<void>();
}

task<void> folder::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor < 0) { co_return; }
  co_await detail::perform(*ring_, {.code = opcode::close, .descriptor = descriptor});
}

task<result<std::string>> folder::read_whole(std::string path, std::uint64_t bytes_max) const {
  auto opened = co_await open_file(path, {});
  if (!opened) { co_return opened.error(); }
  auto known = co_await opened->facts();
  if (!known) { co_return known.error(); }
  if (known->kind != file_kind::regular) {
    co_return error{errc::invalid, 0, format("read {}: it is not a regular file", escaped(path))};
  }
  std::string bytes(std::min(known->size, bytes_max) + 1, '\0');  // one more shows it grew
  auto length = co_await opened->read(std::as_writable_bytes(std::span(bytes)), 0);
  if (!length) { co_return length.error(); }
  if (known->size > bytes_max || *length > known->size) {
    co_return error{errc::limit_reached, 0,
                    format("read {}: more than {} bytes, or growing", escaped(path), bytes_max)};
  }
  co_await opened->close();
  bytes.resize(*length);
  co_return bytes;
}

task<result<void>> folder::write_new(std::string path, std::string bytes,
                                     std::uint32_t permissions) const {
  auto opened = co_await open_file(
      path,
      {.access = access_mode::write, .create = true, .truncate = true, .permissions = permissions});
  if (!opened) { co_return opened.error(); }
  auto written = co_await opened->write(std::as_bytes(std::span(bytes)), 0);
  if (!written) { co_return written; }
  auto synced = co_await opened->sync_all();
  if (!synced) { co_return synced; }
  co_await opened->close();
  co_return result<void>();
}

task<result<void>> folder::write_whole(std::string path, std::string bytes,
                                       std::uint32_t permissions) const {
  const std::string fresh = format("{}.new", path);
  auto written = co_await write_new(fresh, std::move(bytes), permissions);
  if (!written) {
    const auto removed = co_await remove_file(fresh);
    co_return written;
  }
  auto renamed = co_await rename(fresh, path, on_existing::replace);
  if (!renamed) { co_return renamed; }
  const auto slash = path.rfind('/');
  std::string parent;
  if (slash != std::string::npos) { parent = path.substr(0, slash); }
  auto synced = co_await sync(std::move(parent));
  co_return synced;
}

}  // namespace sluice::io
