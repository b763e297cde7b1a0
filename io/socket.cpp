#include "io/socket.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "io/perform.hpp"

namespace sluice::io {

namespace {

constexpr std::size_t conversation_bytes_max = 64 * limits::kib;
constexpr std::uint64_t small_file_max = 1 * limits::mib;  // sent in one go, mostly

bool is_numeric(const std::string& host) {
  std::array<std::byte, sizeof(in6_addr)> address;
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

std::span<std::byte> writable(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};  // a send only reads it
}

/// Numeric addresses of a host.
task<result<std::vector<std::string>>> resolve(reactor& ring, endpoint named,
                                               std::chrono::nanoseconds deadline) {
  std::vector<std::string> hosts;
  if (is_numeric(named.host)) {
    hosts.push_back(named.host);
    co_return hosts;
  }
  const auto outcome = co_await detail::perform(
      ring, {.code = opcode::resolve, .deadline = deadline, .hosts = &hosts, .at = &named});
  if (outcome < 0) {
    error failure = os_failure(static_cast<int>(-outcome),
                               format("find the address of {}", escaped(named.host)));
    if (failure.code == errc::not_found) { failure.code = errc::unreachable; }
    co_return failure;
  }
  co_return hosts;
}

/// Only whole segments leave while a file is being sent.
class whole_segments {
public:
  whole_segments(reactor& ring, int descriptor) : ring_(ring), descriptor_(descriptor) {
    ring_.operations().cork(descriptor_, true);
  }
  ~whole_segments() { ring_.operations().cork(descriptor_, false); }
  whole_segments(const whole_segments&) = delete;
  whole_segments& operator=(const whole_segments&) = delete;

private:
  reactor& ring_;
  int descriptor_;
};

}  // namespace

std::string endpoint::text() const {
  return host.find(':') == std::string::npos ? format("{}:{}", host, port)
                                             : format("[{}]:{}", host, port);
}

result<endpoint> endpoint::parse(std::string_view text) {
  const error wrong{
      errc::invalid, 0,
      format("use \"{}\" as an address: write HOST:PORT, or [IPV6]:PORT", escaped(text))};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) { return wrong; }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) { host = host.substr(1, host.size() - 2); }
  const auto allowed = [&](char each) {
    return std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '.' || each == '-' ||
           each == '_' || (bracketed && (each == ':' || each == '%'));
  };
  if (host.empty() || !std::ranges::all_of(host, allowed)) { return wrong; }
  endpoint made(std::string(host), 0);
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), made.port);
  if (failure != std::errc() || end != digits.data() + digits.size()) { return wrong; }
  return made;
}

struct socket::state {
  reactor& ring;
  int descriptor;
  std::string peer;
  bool aborted = false;
  bool drained = false;  ///< the last receive took all there was
  int waiting = 0;

  state(reactor& of, int open, std::string to) : ring(of), descriptor(open), peer(std::move(to)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    SLUICE_CHECK(waiting == 0);
    if (descriptor >= 0) { ring.operations().close_now(descriptor); }
  }

  [[nodiscard]] error failure(std::int64_t outcome, std::string_view what) const {
    const auto os_error = static_cast<int>(aborted ? ECANCELED : -outcome);
    return os_failure(os_error, format("{} {}", what, peer));
  }

  /// One operation; fails with -ECANCELED once aborted.
  task<std::int64_t> run(operation asked) {
    SLUICE_CHECK(descriptor >= 0);
    if (aborted) { co_return -ECANCELED; }
    asked.descriptor = descriptor;
    ++waiting;
    const auto outcome = co_await detail::perform(ring, asked);
    --waiting;
    co_return aborted ? -ECANCELED : outcome;
  }
};

socket::socket(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}
socket::socket(socket&&) noexcept = default;
socket& socket::operator=(socket&&) noexcept = default;
socket::~socket() = default;

task<result<socket>> socket::connect(reactor& ring, endpoint to, std::chrono::nanoseconds deadline,
                                     std::shared_ptr<cancellation> stop) {
  const auto end = ring.now() + deadline;
  auto hosts = co_await resolve(ring, to, deadline);
  if (!hosts) { co_return hosts.error(); }
  std::int64_t outcome = -EHOSTUNREACH;
  for (const std::string& host : *hosts) {
    endpoint numeric(host, to.port);
    const auto left = std::max(end - ring.now(), std::chrono::nanoseconds(1));
    outcome = co_await detail::perform(
        ring, {.code = opcode::connect, .deadline = left, .at = &numeric}, stop.get());
    if (outcome >= 0) {
      co_return socket(std::make_unique<state>(ring, static_cast<int>(outcome), host));
    }
    if (stop && stop->requested()) { break; }
  }
  co_return os_failure(static_cast<int>(-outcome), format("connect to {}", to.text()));
}

task<result<std::size_t>> socket::receive(std::span<std::byte> into,
                                          std::chrono::nanoseconds stall) {
  state& own = *state_;
  const auto outcome = co_await own.run(
      {.code = opcode::receive, .flags = own.drained ? 1U : 0U, .memory = into, .deadline = stall});
  if (outcome < 0) { co_return own.failure(outcome, "receive from"); }
  // A question and its answer: the next one is hardly there yet.
  own.drained =
      into.size() <= conversation_bytes_max && static_cast<std::size_t>(outcome) < into.size();
  co_return static_cast<std::size_t>(outcome);
}

task<result<void>> socket::send(std::span<const std::byte> bytes, std::chrono::nanoseconds stall,
                                bool more) {
  state& own = *state_;
  while (!bytes.empty()) {
    const auto outcome = co_await own.run({.code = opcode::send,
                                           .flags = more ? 1U : 0U,
                                           .memory = writable(bytes),
                                           .deadline = stall});
    if (outcome < 0) { co_return own.failure(outcome, "send to"); }
    bytes = bytes.subspan(static_cast<std::size_t>(outcome));
  }
  co_return result<void>();
}

task<result<std::uint64_t>> socket::send_slices(const file& from, std::uint64_t offset,
                                                std::uint64_t length,
                                                std::chrono::nanoseconds stall, bool cached) {
  state& own = *state_;
  std::uint64_t done = 0;
  // Many may be sending a large file, each from another place; what is known of a small one, or of
  // the beginning of one, is kept for the next.
  send_progress progress;
  const bool large = length > small_file_max;
  const bool small = offset == 0 && !large;
  if (small) { progress = from.sent_before(); }
  progress.full = false;
  std::optional<whole_segments> segments;
  if (large) { segments.emplace(own.ring, own.descriptor); }
  while (done < length) {
    const auto outcome = co_await own.run({.code = opcode::send_file,
                                           .other_descriptor = from.descriptor(),
                                           .flags = cached ? 1U : 0U,
                                           .offset = offset + done,
                                           .length = length - done,
                                           .deadline = stall,
                                           .progress = &progress});
    if (small) { from.sent_before() = progress; }
    if (cached && outcome == -ENODATA) { break; }
    if (outcome < 0) { co_return own.failure(outcome, "send a file to"); }
    if (outcome == 0) {
      co_return error{errc::corrupt, 0,
                      format("send a file to {}: it ends {} bytes early", own.peer, length - done)};
    }
    done += static_cast<std::uint64_t>(outcome);
  }
  co_return done;
}

task<result<void>> socket::send_file(const file& from, std::uint64_t offset, std::uint64_t length,
                                     std::chrono::nanoseconds stall) {
  auto sent = co_await send_slices(from, offset, length, stall, false);
  if (!sent) { co_return sent.error(); }
  co_return result<void>();
}

task<result<std::uint64_t>> socket::send_cached(const file& from, std::uint64_t offset,
                                                std::uint64_t length,
                                                std::chrono::nanoseconds stall) {
  return send_slices(from, offset, length, stall, true);
}

void socket::abort() noexcept {
  if (!is_open() || std::exchange(state_->aborted, true)) { return; }
  state_->ring.operations().shut(state_->descriptor);
}

task<void> socket::close() {
  if (!is_open()) { co_return; }
  SLUICE_CHECK(state_->waiting == 0);
  const int descriptor = std::exchange(state_->descriptor, -1);
  co_await detail::perform(state_->ring, {.code = opcode::close, .descriptor = descriptor});
}

socket socket::moved_to(reactor& ring) && {
  SLUICE_CHECK(state_ && state_->waiting == 0);
  auto made = std::make_unique<state>(ring, std::exchange(state_->descriptor, -1), state_->peer);
  made->aborted = state_->aborted;
  state_.reset();
  return socket(std::move(made));
}

bool socket::is_open() const noexcept { return state_ && state_->descriptor >= 0; }

const std::string& socket::peer() const noexcept { return state_->peer; }

struct listener::state {
  reactor& ring;
  int descriptor;
  endpoint local;
  bool aborted = false;
  bool waiting = false;

  state(reactor& of, int open, endpoint at) : ring(of), descriptor(open), local(std::move(at)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    SLUICE_CHECK(!waiting);
    if (descriptor >= 0) { ring.operations().close_now(descriptor); }
  }
};

listener::listener(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}
listener::listener(listener&&) noexcept = default;
listener& listener::operator=(listener&&) noexcept = default;
listener::~listener() = default;

task<result<listener>> listener::open(reactor& ring, endpoint at, port_sharing sharing) {
  auto hosts = co_await resolve(ring, at, limits::source_connect_deadline);
  if (!hosts) { co_return hosts.error(); }
  endpoint numeric(hosts->front(), at.port);
  const auto outcome = co_await detail::perform(
      ring, {.code = opcode::listen, .flags = static_cast<std::uint32_t>(sharing), .at = &numeric});
  if (outcome < 0) {
    co_return os_failure(static_cast<int>(-outcome), format("listen on {}", at.text()));
  }
  co_return listener(std::make_unique<state>(ring, static_cast<int>(outcome), std::move(numeric)));
}

task<result<socket>> listener::accept() {
  state& own = *state_;
  SLUICE_CHECK(own.descriptor >= 0 && !own.waiting);
  endpoint peer;
  std::int64_t outcome = -ECANCELED;
  if (!own.aborted) {
    own.waiting = true;
    outcome = co_await detail::perform(
        own.ring, {.code = opcode::accept, .descriptor = own.descriptor, .at = &peer});
    own.waiting = false;
  }
  if (own.aborted && outcome >= 0) { own.ring.operations().close_now(static_cast<int>(outcome)); }
  if (own.aborted) { outcome = -ECANCELED; }
  if (outcome < 0) {
    co_return os_failure(static_cast<int>(-outcome),
                         format("accept a connection on {}", own.local.text()));
  }
  co_return socket(
      std::make_unique<socket::state>(own.ring, static_cast<int>(outcome), std::move(peer.host)));
}

endpoint listener::local() const { return state_->local; }

void listener::abort() noexcept {
  if (!state_ || state_->descriptor < 0 || std::exchange(state_->aborted, true)) { return; }
  state_->ring.operations().shut(state_->descriptor);
}

task<void> listener::close() {
  if (!state_ || state_->descriptor < 0) { co_return; }
  SLUICE_CHECK(!state_->waiting);
  const int descriptor = std::exchange(state_->descriptor, -1);
  co_await detail::perform(state_->ring, {.code = opcode::close, .descriptor = descriptor});
}

}  // namespace sluice::io
