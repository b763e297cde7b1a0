#include <algorithm>

#include "http/source_requests.hpp"

namespace sluice::http {

namespace {

constexpr std::uint64_t drained_bytes_max = 64 * limits::kib;
constexpr std::size_t tags_max = 64;

}  // namespace

std::string manifest_target(const model::content_id& content) {
  return format("/manifest/{}", content.text());
}

std::string signature_target(const model::content_id& content) {
  return format("/manifest/{}.sig", content.text());
}

std::string file_target(const model::content_id& content, const model::file_id& file) {
  return format("/file/{}/{}", content.text(), file.text());
}

std::string pieces_target(const model::content_id& content, const model::file_id& file) {
  return format("/pieces/{}/{}", content.text(), file.text());
}

source_client::state::state(io::reactor& on, settings given)
    : ring(on),
      pushed(given.pushed),
      pool(on, given.address, given.connections, given.patience, given.pushed) {}

std::string source_client::state::request(std::string_view method, std::string_view target,
                                          std::string_view range) const {
  // RFC 9112 3.2 wants one; who pushes has no name here.
  const std::string host = pushed ? "sluice" : pool.name();
  return format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: sluice\r\n{}{}{}\r\n", method, target,
                host, range.empty() ? "" : "Range: ", range, range.empty() ? "" : "\r\n");
}

std::string source_client::state::doing(std::string_view target) const {
  return format("fetch {} from {}", target, pool.name());
}

io::task<source_client::state::opened_answer> source_client::state::ask(
    std::string text, expected_answer expected, std::shared_ptr<io::cancellation> stop) {
  opened_answer made;
  bool fresh = false;
  while (true) {
    auto loan = co_await pool.borrow(fresh, stop, expected.what);
    made.judged.failure = std::move(loan.failure);
    if (made.judged.failure) { co_return made; }
    source_connection& line = *loan.line;
    line.begin_request();
    auto failed = co_await line.send(text, expected.what);
    if (!failed) {
      auto answer = co_await line.receive_head(expected.what);
      failed = std::move(answer.failure);
      made.head = std::move(answer.head);
    }
    if (!failed) {
      made.line = std::move(loan.line);
      break;
    }
    const bool stale = !fresh && line.reused() && line.silent() && !line.cancelled() &&
                       failed->cause.code == errc::peer_closed;
    co_await pool.give_back(std::move(loan.line), false);
    if (!stale) {
      made.judged.failure = std::move(failed);
      co_return made;
    }
    fresh = true;
  }
  made.judged = judge_answer(made.head, expected);
  if (made.judged.failure && made.judged.take == 0) {
    bool keep = made.judged.framed && made.head.keep_alive;
    if (keep && made.judged.body > drained_bytes_max) { keep = false; }
    if (keep) {
      auto broken = co_await made.line->drain(made.judged.body, expected.what);
      keep = !broken.has_value();
    }
    co_await pool.give_back(std::move(made.line), keep);
  }
  co_return made;
}

std::optional<fetch_failure> source_client::state::tag_fault(const std::string& target,
                                                             const response_head& head) {
  if (head.entity_tag.empty()) { return std::nullopt; }
  if (tags_.size() >= tags_max) { tags_.clear(); }  // losing one only delays the suspicion
  const auto [place, fresh] = tags_.try_emplace(target, head.entity_tag);
  if (fresh || place->second == head.entity_tag) { return std::nullopt; }
  tags_.erase(place);
  return blamed(errc::refused, "X36", doing(target), "changed the file's entity tag meanwhile");
}

io::task<std::optional<fetch_failure>> source_client::state::give_back(opened_answer used,
                                                                       std::string doing) {
  std::optional<fetch_failure> failure;
  bool keep = used.judged.framed && used.head.keep_alive;
  if (keep) {
    failure = co_await used.line->surplus(std::move(doing));
    keep = !failure;
  }
  co_await pool.give_back(std::move(used.line), keep);
  co_return failure;
}

source_client::source_client(io::reactor& ring, settings given)
    : state_(std::make_unique<state>(ring, std::move(given))) {}
source_client::~source_client() = default;

void source_client::take(io::socket connected) { state_->pool.take(std::move(connected)); }

void source_client::cut_taken(source_patience patience) { state_->pool.cut_taken(patience); }

io::task<void> source_client::close() { co_await state_->pool.close(); }

std::chrono::nanoseconds source_client::silent_for() const noexcept {
  return state_->pool.silent_for();
}

std::uint64_t source_client::bytes_received() const noexcept {
  return state_->pool.bytes_received();
}

io::task<std::optional<fetch_failure>> source_client::probe(std::string target) {
  expected_answer expected;
  expected.what = state_->doing(target);
  expected.head_only = true;
  auto opened = co_await state_->ask(state_->request("HEAD", target, {}), expected, nullptr);
  if (opened.line) {
    co_await state_->pool.give_back(std::move(opened.line), opened.head.keep_alive);
  }
  co_return opened.judged.failure;
}

io::task<source_client::body> source_client::fetch(std::string target,
                                                   std::optional<std::uint64_t> size,
                                                   std::uint64_t bytes_max,
                                                   std::shared_ptr<io::cancellation> stop) {
  body made;
  expected_answer expected;
  expected.what = state_->doing(target);
  expected.size = size;
  expected.bytes_max = bytes_max;
  auto opened = co_await state_->ask(state_->request("GET", target, {}), expected, stop);
  made.failure = std::move(opened.judged.failure);
  if (!opened.line) { co_return made; }
  if (!made.failure) {
    made.bytes.resize(static_cast<std::size_t>(opened.judged.take));
    made.failure = co_await opened.line->read_body(made.bytes, expected.what);
  }
  if (made.failure) {
    co_await state_->pool.give_back(std::move(opened.line), false);
  } else {
    made.failure = co_await state_->give_back(std::move(opened), expected.what);
  }
  if (made.failure) { made.bytes.clear(); }
  co_return made;
}

io::task<source_client::file_outcome> source_client::fetch_to_file(
    std::string target, std::uint64_t size, io::file& into,
    std::shared_ptr<io::cancellation> stop) {
  file_outcome outcome;
  expected_answer expected;
  expected.what = state_->doing(target);
  expected.size = size;
  auto opened = co_await state_->ask(state_->request("GET", target, {}), expected, stop);
  outcome.failure = std::move(opened.judged.failure);
  if (!opened.line) { co_return outcome; }
  std::vector<std::byte> chunk(256 * limits::kib);
  std::uint64_t done = 0;
  while (!outcome.failure && !outcome.trouble && done < size) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), size - done));
    const std::span<std::byte> part = std::span(chunk).first(length);
    outcome.failure = co_await opened.line->read_body(part, expected.what);
    if (outcome.failure) { break; }
    auto written = co_await into.write(part, done);
    if (!written) { outcome.trouble = written.error(); }
    done += length;
  }
  if (outcome.failure || outcome.trouble) {
    co_await state_->pool.give_back(std::move(opened.line), false);
  } else {
    outcome.failure = co_await state_->give_back(std::move(opened), expected.what);
  }
  co_return outcome;
}

io::task<source_client::range_outcome> source_client::fetch_range(
    std::string target, std::uint64_t file_size, io::ingest_request range, io::buffer_pool& buffers,
    io::file& into, io::tap& check, std::shared_ptr<io::cancellation> stop) {
  range_outcome outcome;
  SLUICE_CHECK(range.length > 0 && range.length <= file_size &&
               range.offset <= file_size - range.length);
  expected_answer expected;
  expected.what = state_->doing(target);
  expected.range = byte_range{range.offset, range.length};
  expected.size = file_size;
  const std::string field = format("bytes={}-{}", range.offset, range.offset + range.length - 1);
  auto opened = co_await state_->ask(state_->request("GET", target, field), expected, stop);
  outcome.failure = std::move(opened.judged.failure);
  if (!opened.line) { co_return outcome; }
  source_connection& line = *opened.line;
  if (auto changed = state_->tag_fault(target, opened.head)) {
    outcome.failure = std::move(changed);
    co_await state_->pool.give_back(std::move(opened.line), false);
    co_return outcome;
  }
  range.length = opened.judged.take;
  range.stall = state_->pool.patience().stall;
  const auto held =
      static_cast<std::size_t>(std::min<std::uint64_t>(line.held().size(), range.length));
  outcome.report =
      co_await io::ingest(buffers, line.stream(), line.held().first(held), into, range, check);
  line.consume(held);
  const std::optional<error>& stopped = outcome.report.stopped;
  if (stopped && !outcome.report.stopped_here) {
    outcome.failure = line.why_ended(*stopped, expected.what);
  }
  if (outcome.failure || stopped) {
    co_await state_->pool.give_back(std::move(opened.line), false);
  } else {
    outcome.failure = co_await state_->give_back(std::move(opened), expected.what);
  }
  co_return outcome;
}

}  // namespace sluice::http
