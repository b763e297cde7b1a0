#include "actors/content_source.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "actors/reports.hpp"

namespace sluice::actors {

namespace {

using self_pointer = content_source_actor::stateful_pointer<content_source_state>;

/// So long a job that was just begun waits for the site's first connection.
constexpr auto push_delay = std::chrono::seconds(10);

content_source_actor handle(self_pointer self) { return {self}; }

/// A place to fetch from, and the ticket that stops it.
std::pair<io::ticket, fetch_place> make_place(self_pointer self) {
  auto& state = self->state;
  auto [ticket, stop] = io::make_ticket(*state.parts.ring);
  const node_journal_actor journal = state.journal;
  fetch_place place{
      state.parts,
      state.client,
      std::move(stop),
      [](const page_progress&) {},
      [journal](std::vector<storage::verified_run> runs) {
        caf::anon_send(journal, record_pieces{std::move(runs)});
      },
      [journal](const model::file_id& file) { caf::anon_send(journal, forget_pieces{file}); }};
  return {std::move(ticket), std::move(place)};
}

bool is_quarantined(self_pointer self) {
  auto& until = self->state.quarantined_until;
  if (until && self->clock().now() >= *until) {
    until.reset();
    self->state.bad_pieces = 0;
  }
  return until.has_value();
}

/// How long it asked to be left alone, from now on (X4).
std::chrono::seconds rest_left(self_pointer self) {
  auto& until = self->state.resting_until;
  const auto now = self->clock().now();
  if (until && now >= *until) { until.reset(); }
  if (!until) { return std::chrono::seconds(0); }
  return std::chrono::ceil<std::chrono::seconds>(*until - now);
}

std::string time_after(self_pointer self, std::chrono::nanoseconds distance) {
  return model::iso_time(self->state.parts.now() +
                         std::chrono::duration_cast<std::chrono::milliseconds>(distance));
}

/// "is quarantined until 2026-11-26T01:02:03.004Z, after more than 3 bad pieces"; nothing when it
/// may be asked. Who rests may be asked later in this round, who is quarantined may not.
std::optional<source_failure> refusal(self_pointer self) {
  auto& state = self->state;
  const error asked{errc::limit_reached, 0, format("ask source {}", state.source.name)};
  if (is_quarantined(self)) {
    const auto left = *state.quarantined_until - self->clock().now();
    return source_failure{model::source_verdict::quarantined, asked, "",
                          format("is quarantined until {}, after more than {} bad pieces",
                                 time_after(self, left), limits::bad_pieces_per_source_max),
                          std::chrono::ceil<std::chrono::seconds>(left)};
  }
  const auto now = self->clock().now();
  if (state.shut_until && now < *state.shut_until) {
    return source_failure{model::source_verdict::bad,
                          {errc::unreachable, 0, asked.doing},
                          "",
                          format("did not answer {} times in a row, and is not asked before {}",
                                 state.unanswered, time_after(self, *state.shut_until - now))};
  }
  const auto left = rest_left(self);
  if (left.count() == 0) { return std::nullopt; }
  return source_failure{model::source_verdict::bad, asked, "",
                        format("rests until {}, as it asked for", time_after(self, left)), left};
}

/// The breaker (Z8): who could not be reached, or fell silent, twice in a row is not asked for a
/// while, by any job. One answer, also to a probe, and it is as before.
void note_answer(self_pointer self, const std::optional<source_failure>& failure) {
  auto& state = self->state;
  if (failure && (failure->cause.code == errc::cancelled || failure->in_haste)) { return; }
  const bool answered = !failure || (failure->cause.code != errc::unreachable &&
                                     failure->cause.code != errc::timed_out);
  if (answered) {
    state.unanswered = 0;
    state.shut_until.reset();
    return;
  }
  const bool pushes = state.source.protocol == model::push_protocol;
  const auto now = self->clock().now();
  if (pushes || (state.shut_until && now < *state.shut_until)) { return; }
  if (++state.unanswered < limits::source_breaker_failures) { return; }
  std::chrono::seconds pause = limits::source_breaker_first;
  for (auto i = limits::source_breaker_failures; i < state.unanswered; ++i) {
    pause = std::min<std::chrono::seconds>(pause * 2, limits::source_breaker_last);
  }
  state.shut_until = now + pause;
  log::warning("content_source", format("source {} did not answer {} times in a row: it is not "
                                        "asked for {} s",
                                        state.source.name, state.unanswered, pause.count()));
}

void report(self_pointer self, std::uint32_t id, std::vector<std::string> insertions) {
  const node_parts& parts = self->state.parts;
  caf::anon_send(self->state.journal,
                 append_reports{{status_row(parts, id, std::move(insertions))}});
}

void count_fault(const node_parts& parts, std::string_view row) {
  std::size_t number = 0;
  const auto read = std::from_chars(row.data() + 1, row.data() + row.size(), number);
  if (read.ec == std::errc() && number < parts.source_faults->size()) {
    ++(*parts.source_faults)[number];
  }
}

/// Tells the site who misbehaved (20001), and rests a source that spent its budget (20002).
void blame(self_pointer self, const model::content_id& content,
           const std::optional<source_failure>& failure, std::uint32_t bad_pieces) {
  auto& state = self->state;
  if (failure && !failure->row.empty()) {
    log::warning("content_source", format("{}: source {} {} ({})", content.text(),
                                          state.source.name, failure->what, failure->row));
    report(self, 20001, {content.package.text(), state.source.name, failure->row});
    count_fault(state.parts, failure->row);
  }
  if (failure && failure->rest.count() > 0) {
    const auto until = self->clock().now() + failure->rest;
    state.resting_until = std::max(state.resting_until.value_or(until), until);
  }
  state.bad_pieces += bad_pieces;
  if (state.bad_pieces <= limits::bad_pieces_per_source_max || state.quarantined_until) { return; }
  state.quarantined_until = self->clock().now() + limits::source_quarantine;
  log::warning("content_source",
               format("source {} is quarantined for {} minutes: {} bad pieces", state.source.name,
                      limits::source_quarantine.count(), state.bad_pieces));
  report(self, 20002,
         {state.source.name, format("{} bad pieces", state.bad_pieces),
          model::iso_time(state.parts.now() + limits::source_quarantine)});
}

using page_promise = caf::typed_response_promise<page_outcome>;

/// A page that may begin: its ticket is there from the first moment, so that a stop always finds
/// it.
struct ready_page {
  fetch_page asked;
  fetch_place place;
  page_promise promise;
};

void start_page(self_pointer self, std::uint64_t number, ready_page page,
                recorded_pieces recorded) {
  auto& state = self->state;
  state.pages.start(
      number, state.parts, handle(self), std::move(page.promise),
      [place = std::move(page.place), asked = std::move(page.asked),
       recorded = std::move(recorded)] { return fetch_page_task(place, asked, recorded); });
}

page_promise fetch_page_for(self_pointer self, const fetch_page& asked,
                            const progress_listener& listener) {
  auto promise = self->make_response_promise<page_outcome>();
  if (auto why = refusal(self)) {
    page_outcome refused;
    refused.progress.page = asked.page;
    refused.failure = std::move(why);
    promise.deliver(std::move(refused));
    return promise;
  }
  auto [ticket, place] = make_place(self);
  place.on_progress = [listener](const page_progress& progress) {
    caf::anon_send(listener, progress);
  };
  const std::uint64_t number = self->state.pages.next_number();
  self->state.pages_under_way.emplace(
      number, content_source_state::under_way{std::move(ticket), asked.job, asked.content});
  recall_pieces large;
  for (const model::file_id& file : asked.files) {
    if (model::raw(file.size) > limits::piece_size) { large.files.push_back(file); }
  }
  ready_page page{asked, std::move(place), promise};
  if (large.files.empty()) {
    start_page(self, number, std::move(page), {});
    return promise;
  }
  self->request(self->state.journal, caf::infinite, std::move(large))
      .then([self, number, page](
                recorded_pieces& recorded) { start_page(self, number, page, std::move(recorded)); },
            [self, number, page](caf::error&) {  // no record: resume by re-reading
              start_page(self, number, page, {});
            });
  return promise;
}

using manifest_promise = caf::typed_response_promise<manifest_outcome>;

void start_manifest(self_pointer self, const fetch_manifest& asked, manifest_promise promise) {
  auto& state = self->state;
  auto [ticket, place] = make_place(self);
  const auto number = state.manifests.start(
      state.parts, handle(self), promise,
      [place = std::move(place), asked] { return fetch_manifest_task(place, asked); });
  state.manifests_under_way.emplace(
      number, content_source_state::under_way{std::move(ticket), {}, asked.content});
}

/// A job begins with its manifest. When the site is about to open its connections, that waits for
/// the first one.
manifest_promise fetch_manifest_for(self_pointer self, const fetch_manifest& asked) {
  auto& state = self->state;
  auto promise = self->make_response_promise<manifest_outcome>();
  if (auto why = refusal(self)) {
    manifest_outcome refused;
    refused.failure = std::move(why);
    promise.deliver(std::move(refused));
    return promise;
  }
  if (state.source.protocol != model::push_protocol || state.connected) {
    start_manifest(self, asked, promise);
    return promise;
  }
  if (state.waiting.empty()) { self->delayed_send(handle(self), push_delay, push_awaited{}); }
  state.waiting.emplace_back([self, asked, promise] { start_manifest(self, asked, promise); });
  return promise;
}

void end_waiting(self_pointer self) {
  for (const auto& go_on : std::exchange(self->state.waiting, {})) { go_on(); }
}

void shut_door(content_source_state& state) {
  if (state.ticket.empty()) { return; }
  state.parts.pushes->shut(state.ticket);
  state.ticket.clear();
}

/// A connection comes in on the thread of whichever server accepted it, and goes on on the reactor
/// of the transfers.
http::push_door::taker taker_of(self_pointer self) {
  const auto& state = self->state;
  io::reactor* const ring = state.parts.ring;
  return [ring, owner = std::weak_ptr(state.client), me = handle(self)](io::socket connected) {
    auto moved = std::make_shared<io::socket>(std::move(connected).moved_to(*ring));
    ring->post([owner, moved, me] {
      const auto client = owner.lock();
      if (!client) { return; }
      client->take(std::move(*moved));
      caf::anon_send(me, connection_taken{});
    });
  };
}

caf::result<done> open_door_for(self_pointer self, const open_door& mail) {
  auto& state = self->state;
  if (!state.parts.pushes) {
    return to_caf(error{errc::invalid, 0, "take a push: this node serves no content"});
  }
  shut_door(state);
  state.connected = false;
  state.listener = mail.listener;
  http::source_patience patience;
  patience.head = patience.stall = mail.patience;
  patience.bytes_per_window = 0;  // the site paces it
  state.parts.ring->post([client = state.client, patience] { client->cut_taken(patience); });
  state.ticket = mail.ticket;
  state.parts.pushes->open(mail.ticket, taker_of(self));
  return done{};
}

void on_connection(self_pointer self) {
  auto& state = self->state;
  if (std::exchange(state.connected, true)) { return; }
  end_waiting(self);
  if (state.listener) { caf::anon_send(state.listener, source_gained{}); }
}

/// All connections are gone when one cannot be had.
void note_connection(content_source_state& state, const std::optional<source_failure>& failure) {
  if (failure && failure->cause.code == errc::unreachable) { state.connected = false; }
}

auto probe_for(self_pointer self, const probe_content& asked) {
  auto& state = self->state;
  auto promise = self->make_response_promise<bool>();
  if (rest_left(self).count() > 0) {
    promise.deliver(false);
    return promise;
  }
  auto [ticket, place] = make_place(self);
  ticket.release();  // bounded by the head deadline
  state.probes.start(
      state.parts, handle(self), promise,
      [place = std::move(place), content = asked.content] { return probe_task(place, content); });
  return promise;
}

io::task<void> close_client(std::shared_ptr<http::source_client> client) {
  co_await client->close();
}

}  // namespace

content_source_state::~content_source_state() {
  shut_door(*this);
  if (!client) { return; }
  io::reactor* ring = parts.ring;
  io::task_group* operations = parts.operations;
  ring->post([operations, last = std::move(client)] { operations->start(close_client(last)); });
}

content_source_actor::behavior_type content_source(self_pointer self, node_parts parts,
                                                   model::source_entry source,
                                                   node_journal_actor journal) {
  auto& state = self->state;
  state.parts = std::move(parts);
  state.source = std::move(source);
  state.journal = std::move(journal);
  http::source_client::settings settings;
  settings.pushed = state.source.protocol == model::push_protocol;
  if (!settings.pushed) {
    const auto address = io::endpoint::parse(state.source.address);
    SLUICE_CHECK(address.ok());  // the notification was checked
    settings.address = *address;
  }
  state.client = std::make_shared<http::source_client>(*state.parts.ring, settings);
  return {
      [self](const probe_content& asked) { return probe_for(self, asked); },
      [self](const fetch_manifest& asked) { return fetch_manifest_for(self, asked); },
      [self](const fetch_page& asked, const progress_listener& listener) {
        return fetch_page_for(self, asked, listener);
      },
      [self](const stop_pages& mail) {
        for (auto& [number, page] : self->state.pages_under_way) {
          if (page.job == mail.job) { page.ticket.cancel(); }
        }
      },
      [self](const open_door& mail) { return open_door_for(self, mail); },
      [self](connection_taken) { on_connection(self); },
      [self](push_awaited) { end_waiting(self); },
      [self](source_back) { note_answer(self, std::nullopt); },
      [self](operation_done<bool>& ended) {
        if (ended.outcome) { note_answer(self, std::nullopt); }
        self->state.probes.finish(ended);
      },
      [self](operation_done<manifest_outcome>& ended) {
        const auto manifest = self->state.manifests_under_way.find(ended.number);
        blame(self, manifest->second.content, ended.outcome.failure, 0);
        note_answer(self, ended.outcome.failure);
        note_connection(self->state, ended.outcome.failure);
        self->state.manifests_under_way.erase(manifest);
        self->state.manifests.finish(ended);
      },
      [self](operation_done<page_outcome>& ended) {
        const auto page = self->state.pages_under_way.find(ended.number);
        blame(self, page->second.content, ended.outcome.failure, ended.outcome.bad_pieces);
        if (ended.outcome.failure || ended.outcome.progress.bytes_transferred > 0) {
          note_answer(self, ended.outcome.failure);
        }
        note_connection(self->state, ended.outcome.failure);
        self->state.pages_under_way.erase(page);
        self->state.pages.finish(ended);
      },
  };
}

}  // namespace sluice::actors
