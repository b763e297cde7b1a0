#include "io/file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/bundle.hpp"
#include "io/perform.hpp"

namespace sluice::io {

namespace {

constexpr std::size_t block = 4096;
constexpr std::size_t cached_read_max = 64 * limits::kib;

}  // namespace

file::file(reactor& ring, int descriptor, bool direct, std::string name) noexcept
    : ring_(&ring), descriptor_(descriptor), direct_(direct), name_(std::move(name)) {}

file::file(file&& other) noexcept
    : ring_(other.ring_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      tail_descriptor_(std::exchange(other.tail_descriptor_, -1)),
      direct_(other.direct_),
      priority_(other.priority_),
      name_(std::move(other.name_)) {}

file& file::operator=(file&& other) noexcept {
  if (this != &other) {
    drop();
    ring_ = other.ring_;
    descriptor_ = std::exchange(other.descriptor_, -1);
    tail_descriptor_ = std::exchange(other.tail_descriptor_, -1);
    direct_ = other.direct_;
    priority_ = other.priority_;
    sent_before_ = {};
    name_ = std::move(other.name_);
  }
  return *this;
}

file::~file() { drop(); }

void file::drop() noexcept {
  for (int* const each : {&descriptor_, &tail_descriptor_}) {
    if (*each >= 0) { ring_->operations().close_now(*each); }
    *each = -1;
  }
}

error file::failure(std::int64_t outcome, std::string_view what) const {
  return os_failure(static_cast<int>(-outcome), format("{} {}", what, escaped(name_)));
}

task<result<void>> file::simple(operation asked, std::string_view what) {
  SLUICE_CHECK(is_open());
  asked.descriptor = descriptor_;
  const auto outcome = co_await detail::perform(*ring_, asked);
  if (outcome < 0) { co_return failure(outcome, what); }
  co_return result<void>();
}

task<result<std::size_t>> file::read(std::span<std::byte> into, std::uint64_t offset) {
  SLUICE_CHECK(is_open());
  // More than a little would keep the reactor from its other work.
  const std::uint32_t try_cache = !direct_ && into.size() <= cached_read_max ? 1 : 0;
  std::size_t done = 0;
  while (done < into.size()) {
    const auto outcome = co_await detail::perform(*ring_, {.code = opcode::read,
                                                           .descriptor = descriptor_,
                                                           .flags = try_cache,
                                                           .priority = priority_,
                                                           .offset = offset + done,
                                                           .memory = into.subspan(done)});
    if (outcome == -EINTR || outcome == -EAGAIN) { continue; }
    if (outcome < 0) { co_return failure(outcome, "read"); }
    done += static_cast<std::size_t>(outcome);
    // Where O_DIRECT stops off a block the file ends; going on from there would be refused.
    if (outcome == 0 || (direct_ && done % block != 0)) { break; }
  }
  co_return done;
}

task<result<void>> file::write_through(int descriptor, std::span<const std::byte> bytes,
                                       std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto outcome =
        co_await detail::perform(*ring_, {.code = opcode::write,
                                          .descriptor = descriptor,
                                          .priority = priority_,
                                          .offset = offset + done,
                                          .memory = writable(bytes.subspan(done))});
    if (outcome == -EINTR || outcome == -EAGAIN) { continue; }
    if (outcome < 0) { co_return failure(outcome, "write to"); }
    if (outcome == 0) { co_return failure(-EIO, "write to"); }
    done += static_cast<std::size_t>(outcome);
    if (direct_ && descriptor == descriptor_) { done -= done % block; }  // again from the block
  }
  co_return result<void>();
}

task<result<void>> file::write(std::span<const std::byte> bytes, std::uint64_t offset) {
  SLUICE_CHECK(is_open());
  SLUICE_CHECK(!direct_ || (bytes.size() % block == 0 && offset % block == 0));
  auto outcome = co_await write_through(descriptor_, bytes, offset);
  co_return outcome;
}

task<result<void>> file::write_tail(std::span<const std::byte> bytes, std::uint64_t offset) {
  SLUICE_CHECK(is_open());
  const std::size_t whole = direct_ ? bytes.size() / block * block : bytes.size();
  auto written = co_await write(bytes.first(whole), offset);
  if (!written || whole == bytes.size()) { co_return written; }
  if (tail_descriptor_ < 0) {
    const auto opened = co_await detail::perform(
        *ring_, {.code = opcode::reopen_buffered, .descriptor = descriptor_});
    if (opened < 0) { co_return failure(opened, "open for its last block"); }
    tail_descriptor_ = static_cast<int>(opened);
  }
  auto rest = co_await write_through(tail_descriptor_, bytes.subspan(whole), offset + whole);
  co_return rest;
}

task<result<void>> file::sync_data() {
  return simple({.code = opcode::sync_data}, "make durable the bytes of");
}

task<result<void>> file::sync_all() { return simple({.code = opcode::sync_all}, "make durable"); }

task<result<void>> file::allocate(std::uint64_t size) {
  // fallocate refuses nothing.
  if (size == 0) { return simple({.code = opcode::truncate}, "empty"); }
  return simple({.code = opcode::allocate, .length = size}, "reserve disk blocks for");
}

task<result<void>> file::truncate(std::uint64_t size) {
  return simple({.code = opcode::truncate, .length = size}, "set the size of");
}

task<result<void>> file::set_permissions(std::uint32_t permissions) {
  return simple({.code = opcode::set_permissions, .flags = permissions}, "set permissions of");
}

task<result<file_facts>> file::facts() {
  file_facts known;
  const auto outcome = co_await detail::perform(
      *ring_, {.code = opcode::facts, .descriptor = descriptor_, .facts = &known});
  if (outcome < 0) { co_return failure(outcome, "look at"); }
  co_return known;
}

void file::set_turn(turn_at_disk turn) noexcept { priority_ = detail::priority_of(turn); }

task<void> file::close() {
  for (int* const each : {&tail_descriptor_, &descriptor_}) {
    const int descriptor = std::exchange(*each, -1);
    if (descriptor < 0) { continue; }
    co_await detail::perform(*ring_, {.code = opcode::close, .descriptor = descriptor});
  }
}

}  // namespace sluice::io
