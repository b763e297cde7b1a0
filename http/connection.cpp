#include "http/connection.hpp"

#include <algorithm>

namespace sluice::http {

namespace {

constexpr std::uint64_t gathered_bytes_max = 64 * limits::kib;
constexpr std::uint64_t copied_bytes_max = 2 * limits::kib;  // beyond it sendfile is cheaper
constexpr std::uint64_t counted_bytes_max = 64 * limits::mib;
constexpr std::size_t first_buffer_bytes = 4 * limits::kib;
constexpr auto linger_deadline = std::chrono::milliseconds(500);
constexpr std::uint32_t linger_receives_max = 64;

/// The bytes that came and are not yet parsed.
class inbox {
public:
  inbox() : bytes_(first_buffer_bytes) {}
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()) + begin_, end_ - begin_};
  }
  void consume(std::size_t count) noexcept { begin_ += count; }
  /// Room for more, up to the longest head and what may follow it.
  std::span<std::byte> room() {
    if (begin_ > 0) {
      std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
                bytes_.begin() + static_cast<std::ptrdiff_t>(end_), bytes_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == bytes_.size()) { bytes_.resize(bytes_.size() * 2); }
    return std::span(bytes_).subspan(end_);
  }
  void arrived(std::size_t count) noexcept { end_ += count; }

private:
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// How waiting for a head ended.
enum class wait_end : std::uint8_t { head, left, late };
struct received_head {
  wait_end end = wait_end::left;
  std::shared_ptr<const ready_answer> ready;  ///< then nothing was parsed
  std::size_t consumed = 0;
  request_parse parse;
};

/// Up to the first empty line; nothing when it has not come yet.
std::string_view whole_head(std::string_view text) noexcept {
  constexpr std::string_view empty_line = "\r\n\r\n";
  const std::size_t end = text.find(empty_line);
  return end == std::string_view::npos ? std::string_view()
                                       : text.substr(0, end + empty_line.size());
}

io::task<received_head> receive_head(const connection_context& context, connection& self,
                                     const principal& who, inbox& box, answer_writer& out,
                                     bool first) {
  received_head outcome;
  std::chrono::nanoseconds deadline{0};  // runs from the first byte, or from accept
  if (first) { deadline = context.ring.now() + context.bounds.head; }
  while (true) {
    const std::string_view whole = whole_head(box.text());
    if (!whole.empty() && !context.stopping) {
      outcome.ready = context.handler.find_ready(whole, who);
    }
    outcome.consumed = whole.size();
    if (!outcome.ready && !box.text().empty()) {
      outcome.parse = parse_request_head(box.text());
      outcome.consumed = outcome.parse.consumed;
    }
    if (outcome.ready || outcome.parse.state != head_state::incomplete) {
      outcome.end = wait_end::head;
      co_return outcome;
    }
    auto flushed = co_await out.flush();
    if (!flushed) { co_return outcome; }
    const bool begun = !box.text().empty();
    if (begun && deadline.count() == 0) { deadline = context.ring.now() + context.bounds.head; }
    if (!begun && context.stopping) { co_return outcome; }
    auto patience = context.bounds.idle;
    if (deadline.count() != 0) { patience = deadline - context.ring.now(); }
    self.idle = !begun;
    bool late = patience.count() <= 0;
    if (!late) {
      auto got = co_await self.stream->receive(box.room(), patience);
      self.idle = false;
      late = !got && got.error().code == errc::timed_out;
      if (!late && (!got || *got == 0)) { co_return outcome; }
      if (!late) { box.arrived(*got); }
    }
    if (late) {
      self.idle = false;
      outcome.end = begun ? wait_end::late : wait_end::left;
      co_return outcome;
    }
  }
}

/// Gives the peer a moment to read the refusal before the close turns unread bytes into a reset.
io::task<void> linger(connection& self) {
  std::vector<std::byte> ignored(first_buffer_bytes);
  for (std::uint32_t i = 0; i < linger_receives_max; ++i) {
    auto got = co_await self.stream->receive(ignored, linger_deadline);
    if (!got || *got == 0) { co_return; }
  }
}

io::task<void> refuse(const connection_context& context, connection& self, answer_writer& out,
                      refusal why) {
  context.counters.requests_refused.fetch_add(1, std::memory_order_relaxed);
  context.complain(format("refused a request from {}: {}", self.stream->peer(), why.why));
  auto sent = co_await out.send(error_head(why.status, false), why.why + "\n", true);
  if (!sent) { co_return; }
  auto flushed = co_await out.flush();
  if (!flushed) { co_return; }
  co_await linger(self);
}

/// Turns the roles round (see push_door). Nothing may have come after the head: who asks for a push
/// waits for its answer.
io::task<void> receive_push(const connection_context& context, connection& self, answer_writer& out,
                            std::string target, std::string upgrade, bool more_came) {
  const std::string_view ticket = std::string_view(target).substr(push_target("").size());
  refusal why{0, {}};
  if (context.pushes == nullptr || !context.pushes->knows(ticket)) {
    why = {404, "this push ticket is not known here, or has ended"};
  } else if (!same_token(upgrade, push_upgrade)) {
    why = {400, format("a push asks to upgrade to {}", push_upgrade)};
  } else if (more_came) {
    why = {400, "a push waits for its answer before it sends more"};
  }
  if (why.status != 0) {
    co_await refuse(context, self, out, why);
    co_return;
  }
  auto sent = co_await out.send_text(
      format("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {}\r\n\r\n",
             push_upgrade));
  if (sent) { sent = co_await out.flush(); }
  if (!sent) { co_return; }
  auto connected = self.stream->release();
  if (connected) { context.pushes->hand_over(ticket, std::move(*connected)); }
}

io::task<void> converse(const connection_context& context, connection& self) {
  const principal who{self.stream->peer(), {}};
  visit_counter visit(context.visitors, who.identity.empty() ? who.address : who.identity);
  answer_writer out(*self.stream, context.bounds.stall, context.counters, visit);
  inbox box;
  bool first = true;
  while (true) {
    auto received = co_await receive_head(context, self, who, box, out, first);
    if (first && is_of_distribution_point(box.text().substr(0, received.consumed))) {
      visit.set_kind(model::visitor_kind::distribution_point);
    }
    first = false;
    if (received.end == wait_end::left) { co_return; }
    if (received.end == wait_end::late) {
      const refusal late{408, "the head did not come in time"};
      co_await refuse(context, self, out, late);
      co_return;
    }
    if (received.parse.state == head_state::refused) {
      co_await refuse(context, self, out, received.parse.why);
      co_return;
    }
    box.consume(received.consumed);
    out.set_next_came(!box.text().empty());
    context.counters.requests.fetch_add(1, std::memory_order_relaxed);
    if (received.ready) {
      auto given = co_await context.handler.give(std::move(received.ready), out);
      if (!given) { co_return; }
      continue;
    }
    request_head& head = received.parse.head;
    if (head.method == request_method::put) {
      co_await receive_push(context, self, out, std::move(head.target), std::move(head.upgrade),
                            !box.text().empty());
      co_return;
    }
    if (context.stopping) { head.keep_alive = false; }
    auto answered = co_await context.handler.answer(head, who, out);
    if (!answered) { co_return; }
    if (!head.keep_alive) {
      auto flushed = co_await out.flush();
      static_cast<void>(flushed);  // the peer left before its last answer: nobody to tell
      co_return;
    }
  }
}

}  // namespace

answer_head error_head(int status, bool keep_alive) {
  answer_head head;
  head.status = status;
  head.content_type = "text/plain; charset=utf-8";
  head.keep_alive = keep_alive;
  return head;
}

std::shared_ptr<const ready_answer> request_handler::find_ready(std::string_view,
                                                                const principal&) {
  return nullptr;
}

io::task<result<void>> request_handler::give(std::shared_ptr<const ready_answer>, answer_writer&) {
  SLUICE_CHECK(false);  // whoever finds ready answers gives them
  co_return result<void>();
}

answer_writer::answer_writer(io::byte_stream& to, std::chrono::nanoseconds stall,
                             server_counters& counters, visit_counter& visit)
    : to_(to), stall_(stall), counters_(counters), visit_(visit) {}

io::task<result<void>> answer_writer::send(answer_head head, std::string body, bool with_body) {
  head.content_length = body.size();
  std::string text = print_answer_head(head);
  if (with_body && head.status != 304) { text += body; }
  auto sent = co_await send_text(text);
  co_return sent;
}

io::task<result<void>> answer_writer::send_text(std::string_view text) {
  gathered_ += text;
  if (gathered_.size() < gathered_bytes_max) { co_return result<void>(); }
  auto flushed = co_await flush();
  co_return flushed;
}

io::task<result<void>> answer_writer::send_answer(std::string_view whole,
                                                  std::uint64_t file_bytes) {
  visit_.add(0);
  result<void> sent;
  if (next_came_ || !gathered_.empty()) {
    sent = co_await send_text(whole);
  } else {
    sent = co_await to_.send(std::as_bytes(std::span(whole)), stall_, false);
    if (sent) { counters_.bytes_sent.fetch_add(whole.size(), std::memory_order_relaxed); }
  }
  if (sent) { visit_.add(file_bytes); }
  co_return sent;
}

io::task<result<void>> answer_writer::send_file(io::file& from, std::uint64_t offset,
                                                std::uint64_t length, io::cold_reading cold) {
  if (length > copied_bytes_max) {
    auto flushed = co_await flush(true);
    if (!flushed) { co_return flushed; }
    visit_.add(0);
    counters_.files_leaving.fetch_add(1, std::memory_order_relaxed);
    result<void> sent;
    // In parts, so that what left of a transfer that breaks off is counted, but for its last part.
    for (std::uint64_t at = 0; sent && at < length; at += counted_bytes_max) {
      const std::uint64_t part = std::min(length - at, counted_bytes_max);
      sent = co_await io::egress(from, offset + at, part, to_, stall_, cold);
      if (!sent) { break; }
      counters_.bytes_sent.fetch_add(part, std::memory_order_relaxed);
      visit_.add(part);
    }
    counters_.files_leaving.fetch_sub(1, std::memory_order_relaxed);
    co_return sent;
  }
  const std::size_t begin = gathered_.size();
  gathered_.resize(begin + length);
  const std::span<std::byte> room = std::as_writable_bytes(std::span(gathered_)).subspan(begin);
  auto got = co_await from.read(room, offset);
  if (!got) { co_return result<void>(got.error()); }
  if (*got != length) {
    co_return result<void>(error{errc::corrupt, 0, "serve a file that is shorter than its name"});
  }
  visit_.add(length);
  auto sent = co_await send_text({});
  co_return sent;
}

io::task<result<void>> answer_writer::flush(bool more) {
  if (gathered_.empty()) { co_return result<void>(); }
  std::string leaving;
  leaving.swap(gathered_);
  auto sent = co_await to_.send(std::as_bytes(std::span(leaving)), stall_, more);
  if (sent) { counters_.bytes_sent.fetch_add(leaving.size(), std::memory_order_relaxed); }
  leaving.clear();
  gathered_ = std::move(leaving);  // keeps the memory for the next answer
  co_return sent;
}

io::task<void> serve_connection(const connection_context& context, connection& self) {
  co_await converse(context, self);
  co_await self.stream->close();
}

}  // namespace sluice::http
