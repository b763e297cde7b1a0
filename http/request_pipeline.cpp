#include "http/source_requests.hpp"

namespace sluice::http {

request_pipeline::request_pipeline(const source_client::state& client,
                                   const std::vector<source_client::small_request>& requests,
                                   const taker& take,
                                   std::vector<std::optional<fetch_failure>>& outcomes)
    : client_(client),
      requests_(requests),
      take_(take),
      outcomes_(outcomes),
      lengths_(requests.size(), 0) {}

std::string request_pipeline::next_requests() {
  std::string text;
  // Half a window at a time, so that many requests leave in one send. All heads under way fit into
  // the source's receive buffer: sending never waits for a source that waits for us.
  if (sent_ - next_ > limits::source_requests_ahead_max / 2) { return text; }
  while (sent_ < requests_.size() && sent_ - next_ < limits::source_requests_ahead_max) {
    const std::string one = client_.request("GET", requests_[sent_].target, {});
    if (sent_ > next_ && ahead_bytes_ + one.size() > limits::source_heads_ahead_bytes_max) {
      break;
    }
    text += one;
    lengths_[sent_] = one.size();
    ahead_bytes_ += one.size();
    ++sent_;
  }
  return text;
}

void request_pipeline::fail_rest(const fetch_failure& failure) {
  for (; next_ < requests_.size(); ++next_) { outcomes_[next_] = failure; }
}

io::task<request_pipeline::run_end> request_pipeline::receive_one(source_connection& line) {
  run_end end;
  const source_client::small_request& request = requests_[next_];
  const std::string doing = client_.doing(request.target);
  auto answer = co_await line.receive_head(doing);
  if (answer.failure) {
    end.failure = std::move(answer.failure);
    end.give_up = end.failure->cause.code != errc::peer_closed;
    co_return end;
  }
  expected_answer expected;
  expected.what = doing;
  expected.size = request.size;
  verdict judged = judge_answer(answer.head, expected);
  const bool success_status = answer.head.status == 200 || answer.head.status == 206;
  std::optional<fetch_failure> failure = std::move(judged.failure);
  const bool usable = judged.take > 0 || !failure;  // X16 is both
  if (!usable && (!judged.framed || judged.body > limits::piece_size)) {
    // Its own outcome is known, but where the next answer begins is not.
    outcomes_[next_++] = failure;
    end.give_up = success_status;
    end.failure = std::move(failure);
    co_return end;
  }
  std::optional<fetch_failure> broken;
  if (!usable) {
    broken = co_await line.drain(judged.body, doing);
  } else {
    broken = co_await line.gather(static_cast<std::size_t>(judged.take), doing);
  }
  if (broken) {
    end.give_up = broken->cause.code != errc::peer_closed;
    end.failure = std::move(broken);
    co_return end;
  }
  if (usable) {
    const auto length = static_cast<std::size_t>(judged.take);
    take_(next_, line.held().first(length));
    line.consume(length);
  }
  outcomes_[next_] = failure;
  ahead_bytes_ -= lengths_[next_];
  ++next_;
  end.keep = judged.framed && answer.head.keep_alive;
  if (usable && failure) {
    end.give_up = true;
    end.failure = std::move(failure);
  } else if (!end.keep && !done()) {
    end.failure = blamed(errc::peer_closed, "X31", doing, "closed the connection early");
  }
  co_return end;
}

io::task<request_pipeline::run_end> request_pipeline::run(source_connection& line) {
  sent_ = next_;
  ahead_bytes_ = 0;
  run_end end;
  while (!done()) {
    std::string text = next_requests();
    if (!text.empty()) {
      auto failed = co_await line.send(std::move(text), client_.doing(requests_[next_].target));
      // A source that closes may have answered some of them first: those answers are read.
      if (failed && failed->cause.code != errc::peer_closed) {
        end.failure = std::move(failed);
        end.give_up = true;
        co_return end;
      }
    }
    end = co_await receive_one(line);
    if (end.failure) { co_return end; }
  }
  if (end.keep) {
    auto more = co_await line.surplus(client_.doing(requests_.back().target));
    end.keep = !more;
    if (more && !outcomes_.back()) { outcomes_.back() = std::move(more); }
  }
  co_return end;
}

io::task<std::vector<std::optional<fetch_failure>>> source_client::fetch_many(
    std::vector<small_request> requests,
    std::function<void(std::size_t, std::span<const std::byte>)> take,
    std::shared_ptr<io::cancellation> stop) {
  std::vector<std::optional<fetch_failure>> outcomes(requests.size());
  for (const small_request& request : requests) {
    SLUICE_CHECK(request.size <= limits::piece_size);
  }
  request_pipeline pipeline(*state_, requests, take, outcomes);
  bool fresh = false;
  while (!pipeline.done()) {
    const std::size_t before = pipeline.answered();
    auto loan = co_await state_->pool.borrow(fresh, stop, state_->doing(requests[before].target));
    if (loan.failure) {
      pipeline.fail_rest(*loan.failure);
      break;
    }
    loan.line->begin_request();
    auto end = co_await pipeline.run(*loan.line);
    const bool progress = pipeline.answered() > before;
    const bool stale = !fresh && loan.line->reused() && loan.line->silent();
    const bool cancelled = loan.line->cancelled();
    co_await state_->pool.give_back(std::move(loan.line), end.keep && !end.failure);
    if (!end.failure) { continue; }
    const bool go_on = !cancelled && !end.give_up && (progress || stale);
    if (!go_on) { pipeline.fail_rest(*end.failure); }
    fresh = stale;
  }
  co_return outcomes;
}

}  // namespace sluice::http
