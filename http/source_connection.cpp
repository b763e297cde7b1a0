#include "http/source_connection.hpp"

#include <algorithm>

namespace sluice::http {

namespace {

/// Several small answers in one receive; what is left of the last one is moved to the front.
constexpr std::size_t buffer_bytes = 256 * limits::kib;

constexpr std::string_view protocol = "HTTP/";

fetch_failure surplus_of(std::string_view doing) {
  return blamed(errc::refused, "X20", doing, "sent more than it had promised");
}

std::string seconds_text(std::chrono::nanoseconds duration) {
  return format("{} s", std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

}  // namespace

source_connection::source_connection(io::reactor& ring, io::socket connected,
                                     source_patience patience)
    : ring_(ring),
      stream_(ring, io::plain_stream(std::move(connected)), patience),
      patience_(patience),
      bytes_(buffer_bytes) {}

void source_connection::attach(const std::shared_ptr<io::cancellation>& stop) {
  stop_ = stop;
  if (!stop_) { return; }
  watched_stream* const stream = &stream_;
  registration_ = stop_->on_request([stream] { stream->abort(); });
}

void source_connection::detach() {
  registration_.reset();
  stop_.reset();
}

void source_connection::begin_request() noexcept {
  ++requests_;
  received_before_ = stream_.received();
  stream_.begin_window();
}

std::span<const std::byte> source_connection::held() const noexcept {
  return std::span(bytes_).subspan(begin_, end_ - begin_);
}

void source_connection::consume(std::size_t count) noexcept {
  SLUICE_CHECK(count <= end_ - begin_);
  begin_ += count;
}

fetch_failure source_connection::why_ended(const error& failure, std::string_view doing) const {
  if (cancelled() || failure.code == errc::cancelled) {
    return {error{errc::cancelled, 0, std::string(doing)}, {}, {}};
  }
  switch (stream_.end()) {
    case stream_end::stalled:
      if (in_head_) {
        return blamed(errc::timed_out, "X27", doing,
                      format("did not answer within {}", seconds_text(patience_.head)));
      }
      return blamed(errc::timed_out, "X29", doing,
                    format("sent nothing for {}", seconds_text(patience_.stall)));
    case stream_end::too_slow:
      return blamed(errc::timed_out, "X28", doing,
                    format("sent less than {} bytes in {}", patience_.bytes_per_window,
                           seconds_text(patience_.window)));
    case stream_end::closed:
      return blamed(errc::peer_closed, "X31", doing, "closed the connection early");
    case stream_end::reset: return blamed(errc::peer_closed, "X30", doing, "reset the connection");
    case stream_end::open: break;
  }
  return {failure, {}, {}};  // our own side failed: nobody to blame
}

io::task<result<void>> source_connection::receive_more(std::chrono::nanoseconds stall) {
  if (begin_ > 0) {
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
              bytes_.begin() + static_cast<std::ptrdiff_t>(end_), bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  auto got = co_await stream_.receive(std::span(bytes_).subspan(end_), stall);
  if (!got) { co_return result<void>(got.error()); }
  if (*got == 0) { co_return result<void>(error{errc::peer_closed, 0, "receive from a source"}); }
  end_ += *got;
  co_return result<void>();
}

io::task<std::optional<fetch_failure>> source_connection::send(std::string requests,
                                                               std::string doing) {
  std::optional<fetch_failure> failure;
  auto sent = co_await stream_.send(std::as_bytes(std::span(requests)), patience_.stall);
  if (!sent) { failure = why_ended(sent.error(), doing); }
  co_return failure;
}

io::task<source_connection::answer> source_connection::receive_head(std::string doing) {
  answer outcome;
  in_head_ = true;
  const std::chrono::nanoseconds deadline = ring_.now() + patience_.head;
  while (true) {
    const std::string_view text(reinterpret_cast<const char*>(held().data()), held().size());
    if (answered_ && !text.starts_with(protocol.substr(0, text.size()))) {
      outcome.failure = surplus_of(doing);
      co_return outcome;
    }
    response_parse parsed = parse_response_head(text);
    if (parsed.state == head_state::refused) {
      outcome.failure = blamed(errc::refused, "X18", doing, "answered badly: " + parsed.why);
      co_return outcome;
    }
    if (parsed.state == head_state::complete) {
      consume(parsed.consumed);
      outcome.head = std::move(parsed.head);
      in_head_ = false;
      answered_ = true;
      co_return outcome;
    }
    const std::chrono::nanoseconds left = deadline - ring_.now();
    auto more = co_await receive_more(std::max(left, std::chrono::nanoseconds(1)));
    if (!more) {
      outcome.failure = why_ended(more.error(), doing);
      co_return outcome;
    }
  }
}

io::task<std::optional<fetch_failure>> source_connection::read_body(std::span<std::byte> into,
                                                                    std::string doing) {
  std::optional<fetch_failure> failure;
  const std::size_t here = std::min(into.size(), held().size());
  std::copy_n(held().begin(), here, into.begin());
  consume(here);
  std::size_t done = here;
  while (done < into.size()) {
    auto got = co_await stream_.receive(into.subspan(done), patience_.stall);
    if (!got || *got == 0) {
      const error cause = got ? error{errc::peer_closed, 0, "receive from a source"} : got.error();
      failure = why_ended(cause, doing);
      break;
    }
    done += *got;
  }
  co_return failure;
}

io::task<std::optional<fetch_failure>> source_connection::gather(std::size_t length,
                                                                 std::string doing) {
  std::optional<fetch_failure> failure;
  if (bytes_.size() < length + buffer_bytes) { bytes_.resize(length + buffer_bytes); }
  while (held().size() < length) {
    auto more = co_await receive_more(patience_.stall);
    if (more) { continue; }
    failure = why_ended(more.error(), doing);
    break;
  }
  co_return failure;
}

io::task<std::optional<fetch_failure>> source_connection::surplus(std::string doing) {
  std::optional<fetch_failure> failure;
  bool more = !held().empty();
  if (!more) { more = co_await stream_.has_more(); }
  if (more) { failure = surplus_of(doing); }
  co_return failure;
}

io::task<std::optional<fetch_failure>> source_connection::drain(std::uint64_t length,
                                                                std::string doing) {
  std::optional<fetch_failure> failure;
  while (true) {
    const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(length, held().size()));
    consume(here);
    length -= here;
    if (length == 0) { break; }
    auto more = co_await receive_more(patience_.stall);
    if (more) { continue; }
    failure = why_ended(more.error(), doing);
    break;
  }
  co_return failure;
}

}  // namespace sluice::http
