#include "io/bundle.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "io/backend.hpp"
#include "io/perform.hpp"

namespace sluice::io {

namespace detail {

namespace {

constexpr std::size_t block = 4096;
/// Past the page cache from here on: a page costs a few microseconds, a direct write one wait.
constexpr std::size_t direct_write_least = 8 * limits::kib;

/// A file of the bundle while it is open.
struct opened {
  const immediate_call& call;
  int descriptor;
  bool direct = false;

  /// Once, whatever it returns: after a failed fsync the bytes are lost, after a failed close the
  /// descriptor is gone.
  std::int64_t run(operation asked) const {
    asked.descriptor = descriptor;
    return call(asked);
  }
  /// A read or a write.
  std::int64_t transfer(const operation& asked) const {
    while (true) {
      const std::int64_t outcome = run(asked);
      if (outcome != -EINTR && outcome != -EAGAIN) { return outcome; }
    }
  }
  void close() const { run({.code = opcode::close}); }
  void set_direct(bool wanted) {
    if (direct == wanted) { return; }
    const auto outcome = run({.code = opcode::set_direct, .flags = wanted ? 1U : 0U});
    if (outcome >= 0) { direct = wanted; }
  }
};

std::int64_t open_one(const operation& bundle, const bundled_file& file,
                      const open_options& options, const immediate_call& call) {
  operation asked{.code = opcode::open_file,
                  .descriptor = bundle.descriptor,
                  .path = file.path.c_str(),
                  .options = &options};
  return call(asked);
}

/// Its room, at most `free`; nothing when it has none.
std::span<std::byte> room_for(bundled_file& file, std::span<std::byte> free) {
  const std::size_t size = bundled_size(file.before.size);
  file.left_out = size > free.size();
  file.bytes = {};
  return file.left_out ? std::span<std::byte>() : free.first(size);
}

std::int64_t read_whole(opened& from, std::span<std::byte> room, bool cached) {
  if (!cached || from.run({.code = opcode::is_cached, .length = room.size()}) != 1) {
    from.set_direct(true);
  }
  std::size_t done = 0;
  while (done < room.size()) {
    const auto length =
        from.transfer({.code = opcode::read, .offset = done, .memory = room.subspan(done)});
    if (length == -EINVAL && from.direct) {  // it wants other alignment than we have
      from.set_direct(false);
      if (!from.direct) { continue; }
    }
    if (length < 0) { return length; }
    done += static_cast<std::size_t>(length);
    if (length == 0 || (from.direct && done % block != 0)) { break; }
  }
  return static_cast<std::int64_t>(done);
}

std::int64_t read_opened(opened& from, bundled_file& file, std::span<std::byte> free, bool cached) {
  auto outcome = from.run({.code = opcode::facts, .facts = &file.before});
  if (outcome < 0) { return outcome; }
  const auto room = room_for(file, free);
  if (file.left_out) { return 0; }
  outcome = read_whole(from, room, cached);
  if (outcome < 0) { return outcome; }
  file.bytes = room.first(static_cast<std::size_t>(outcome));
  return from.run({.code = opcode::facts, .facts = &file.after});
}

void read_files(operation& bundle, const immediate_call& call) {
  const open_options options{.regular = true};
  std::span<std::byte> free = bundle.memory;
  bool full = false;
  for (bundled_file& file : bundle.files) {
    file.left_out = full;
    if (full) { continue; }
    file.result = open_one(bundle, file, options, call);
    if (file.result < 0) { continue; }
    opened from{call, static_cast<int>(file.result)};
    const bool own_room = !file.bytes.empty();
    file.result = read_opened(from, file, own_room ? file.bytes : free, bundle.flags == 1);
    from.close();
    if (own_room) { continue; }
    if (file.left_out) {
      full = bundled_size(file.before.size) <= bundle.memory.size();
    } else if (file.result >= 0) {
      free = free.subspan(bundled_size(file.before.size));
    }
  }
}

/// All of `bytes`, from `offset` on.
std::int64_t write_part(opened& to, std::span<std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto length = to.transfer({.code = opcode::write, .offset = offset, .memory = bytes});
    if (length < 0) { return length; }
    if (length == 0) { return -EIO; }
    bytes = bytes.subspan(static_cast<std::size_t>(length));
    offset += static_cast<std::uint64_t>(length);
    if (offset % block != 0) { to.set_direct(false); }
  }
  return 0;
}

/// Whole blocks past the page cache, where that is possible and worth it; the rest through it.
std::int64_t write_opened(opened& to, std::span<std::byte> bytes) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % block == 0;
  std::size_t whole = bytes.size() / block * block;
  if (aligned && whole >= direct_write_least) { to.set_direct(true); }
  if (!to.direct) { whole = 0; }
  auto outcome = write_part(to, bytes.first(whole), 0);
  to.set_direct(false);
  if (outcome == -EINVAL && whole > 0) {  // it wants other alignment than we have
    whole = 0;
    outcome = 0;
  }
  return outcome < 0 ? outcome : write_part(to, bytes.subspan(whole), whole);
}

void write_files(operation& bundle, const immediate_call& call) {
  const open_options options{.access = access_mode::write, .create = true, .truncate = true};
  for (bundled_file& file : bundle.files) {
    file.result = open_one(bundle, file, options, call);
    if (file.result < 0) { continue; }
    opened to{call, static_cast<int>(file.result)};
    file.result = write_opened(to, file.bytes);
    if (file.result >= 0 && bundle.flags == 1) { file.result = to.run({.code = opcode::sync_all}); }
    to.close();
  }
}

/// A folder that the next file probably needs as well.
class kept_folder {
public:
  kept_folder(const immediate_call& call, int root) : call_(call), root_(root) {}
  kept_folder(const kept_folder&) = delete;
  kept_folder& operator=(const kept_folder&) = delete;
  ~kept_folder() { close(); }

  /// The descriptor of a path's parent, or why there is none; and the path's last component.
  std::int64_t parent_of(const std::string& path, const char*& last) {
    const auto slash = path.rfind('/');
    last = path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
    if (slash == std::string::npos) { return root_; }
    const std::string_view name = std::string_view(path).substr(0, slash);
    if (descriptor_ >= 0 && name == name_) { return descriptor_; }
    close();
    name_ = name;
    operation open{.code = opcode::open_folder, .descriptor = root_, .path = name_.c_str()};
    descriptor_ = call_(open);
    return descriptor_;
  }

private:
  void close() {
    if (descriptor_ < 0) { return; }
    operation asked{.code = opcode::close, .descriptor = static_cast<int>(descriptor_)};
    call_(asked);
    descriptor_ = -1;
  }
  const immediate_call& call_;
  int root_;
  std::int64_t descriptor_ = -1;
  std::string name_;
};

void rename_files(operation& bundle, const immediate_call& call) {
  kept_folder sources(call, bundle.descriptor);
  kept_folder targets(call, bundle.descriptor);
  for (bundled_file& file : bundle.files) {
    operation rename{.code = opcode::rename, .flags = bundle.flags};
    file.result = sources.parent_of(file.path, rename.path);
    if (file.result < 0) { continue; }
    rename.descriptor = static_cast<int>(file.result);
    file.result = targets.parent_of(file.to, rename.other_path);
    if (file.result < 0) { continue; }
    rename.other_descriptor = static_cast<int>(file.result);
    file.result = call(rename);
  }
}

void look_at_files(operation& bundle, const immediate_call& call) {
  kept_folder parents(call, bundle.descriptor);
  for (bundled_file& file : bundle.files) {
    operation look{.code = opcode::facts, .facts = &file.before};
    file.result = parents.parent_of(file.path, look.path);
    if (file.result < 0) { continue; }
    look.descriptor = static_cast<int>(file.result);
    file.result = call(look);
  }
}

}  // namespace

void carry_out(operation& bundle, const immediate_call& call) {
  switch (bundle.code) {
    case opcode::read_files: return read_files(bundle, call);
    case opcode::write_files: return write_files(bundle, call);
    case opcode::look_at_files: return look_at_files(bundle, call);
    default: return rename_files(bundle, call);
  }
}

}  // namespace detail

task<void> folder::bundle(operation asked, std::string_view what) const {
  SLUICE_CHECK(asked.files.size() <= limits::files_per_bundle_max);
  asked.descriptor = descriptor_;
  const auto outcome = co_await detail::perform(*ring_, asked);
  for (bundled_file& file : asked.files) {
    if (outcome < 0) { file.result = outcome; }
    if (file.result < 0) { file.failed = failure(file.result, what, file.path); }
  }
}

task<void> folder::read_files(std::span<bundled_file> files, std::span<std::byte> memory,
                              bool if_cached, turn_at_disk turn) const {
  SLUICE_CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % detail::block == 0);
  return bundle({.code = opcode::read_files,
                 .flags = if_cached ? 1U : 0U,
                 .priority = detail::priority_of(turn),
                 .memory = memory,
                 .files = files},
                "read");
}

task<void> folder::write_files(std::span<bundled_file> files, bool durable) const {
  return bundle({.code = opcode::write_files, .flags = durable ? 1U : 0U, .files = files}, "write");
}

task<void> folder::rename_files(std::span<bundled_file> files, on_existing how) const {
  return bundle({.code = opcode::rename_files,
                 .flags = how == on_existing::replace ? 1U : 0U,
                 .files = files},
                "rename");
}

task<void> folder::look_at_files(std::span<bundled_file> files) const {
  return bundle({.code = opcode::look_at_files, .files = files}, "look at");
}

}  // namespace sluice::io
