#include "actors/status_reporter.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

constexpr auto backoff_first = std::chrono::seconds(1);
constexpr auto backoff_last = std::chrono::seconds(60);
constexpr std::chrono::nanoseconds beat_under_maintenance = std::chrono::seconds(1);
constexpr auto backoff_unknown = std::chrono::seconds(4);

std::vector<hashing::public_key> keys_of(const rpc::registration_answer& answer) {
  std::vector<hashing::public_key> keys;
  for (const std::string& text : answer.site_keys) {
    hashing::public_key key{};
    if (from_hex(text, key)) { keys.push_back(key); }
  }
  return keys;
}

/// A site that changes its keys has an old one beside the new for a while.
bool share_one(const std::vector<hashing::public_key>& known,
               const std::vector<hashing::public_key>& shown) {
  return std::ranges::find_first_of(known, shown) != known.end();
}

/// Who has the keys of a site decides what this node holds. It asks who answers before it says what
/// it holds: a first part of an inventory, which counts for nothing without its last. A site of an
/// earlier release answers that with nothing: it is asked once more, by a whole registration
/// without an inventory.
bool is_own_site(rpc::management_point_service& site, rpc::registration question,
                 const std::vector<hashing::public_key>& known, registered& mail) {
  question.settings.clear();
  for (const bool more : {true, false}) {
    question.more = more;
    const auto asked = site.register_node({}, question);
    if (!asked) {
      mail.failure = asked.error();
      return false;
    }
    mail.answer = *asked;
    if (!asked->site_keys.empty()) { break; }
  }
  return share_one(known, keys_of(mail.answer));
}

}  // namespace

void status_reporter_state::begin(self_pointer self, status_reporter_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  next_call_ = next_beat_ = self->clock().now();
  caf::anon_send(setup_.journal, watch_outbox{status_reporter_actor{self}});
  schedule(next_call_);
}

void status_reporter_state::schedule(caf::actor_clock::time_point when) {
  if (tick_at_ && *tick_at_ <= when) { return; }
  tick_at_ = when;
  self_->delayed_send(status_reporter_actor{self_}, when - self_->clock().now(), reporter_tick{});
}

void status_reporter_state::on_reports_waiting() {
  reports_due_ = true;
  next();
}

void status_reporter_state::on_tick() {
  if (tick_at_ && self_->clock().now() >= *tick_at_) { tick_at_.reset(); }
  next();
}

/// One call at a time: registration, then reports, then the heart.
void status_reporter_state::next() {
  if (busy_ || !adopters_.empty()) { return; }
  if (register_again_) { registered_ = register_again_ = false; }
  const auto now = self_->clock().now();
  if (now >= next_beat_) { beat_due_ = true; }
  if (now < next_call_) { return schedule(next_call_); }
  if (!registered_) { return register_node(); }
  if (reports_due_) { return read_and_submit(); }
  if (beat_due_) { return beat(); }
  schedule(next_beat_);
}

void status_reporter_state::call(std::function<void(rpc::management_point_service&)> work) {
  const auto taken = setup_.clients->with_management_point(setup_.site_address, std::move(work));
  if (!taken) {
    busy_ = true;
    failed(taken.error());
  }
}

/// A long inventory goes in parts, one after another, and counts with the last.
std::vector<rpc::registration> status_reporter_state::parts_of_registration() const {
  std::vector<rpc::registration> parts{setup_.self};
  for (const storage::catalogue_entry& entry : setup_.parts.catalogue->all()) {
    const auto bit = static_cast<std::uint8_t>(storage::library_user::distribution_point);
    if ((entry.users & bit) == 0) { continue; }
    if (parts.back().inventory.size() == std::size_t{limits::rpc_container_items_max}) {
      parts.back().more = true;
      parts.push_back(setup_.self);
      parts.back().part = static_cast<std::uint32_t>(parts.size() - 1);
    }
    parts.back().inventory.push_back({entry.content, entry.manifest_hash});
  }
  for (rpc::registration& part : parts) { part.full_inventory = true; }
  return parts;
}

void status_reporter_state::register_node() {
  busy_ = true;
  const status_reporter_actor me{self_};
  call([me, parts = parts_of_registration(), self = setup_.self,
        known = setup_.site_keys](rpc::management_point_service& site) {
    registered mail;
    mail.complete = known.empty() || is_own_site(site, self, known, mail);
    for (std::size_t i = 0; mail.complete && i < parts.size(); ++i) {
      const auto answer = site.register_node({}, parts[i]);
      if (answer) { mail.answer = *answer; }
      if (!answer) {
        mail.failure = answer.error();
        break;
      }
    }
    caf::anon_send(me, std::move(mail));
  });
}

void status_reporter_state::on_registered(const registered& mail) {
  if (mail.failure) {  // a site that does not know it withholds it from nobody
    if (mail.failure->code == errc::not_found) { setup_.parts.maintenance->store(false); }
    return failed(*mail.failure);
  }
  if (forgetting_) {  // nothing of before counts any more
    busy_ = false;
    return;
  }
  trust_keys trusted{keys_of(mail.answer)};
  if (!setup_.site_keys.empty() && !share_one(setup_.site_keys, trusted.keys)) {
    return refuse({mail.answer.site, std::move(trusted.keys)});
  }
  busy_ = false;
  if (!mail.complete) { return next(); }  // it was adopted meanwhile
  registered_ = reachable_ = true;
  other_.reset();
  site_refused_.clear();
  trouble_.clear();
  setup_.parts.orders->open();
  setup_.parts.maintenance->store(mail.answer.maintenance);
  backoff_ = {};
  beat_later();
  beat_due_ = false;
  usage_due_ = !usage_.empty();
  if (!trusted.keys.empty()) {  // in this order: keys are there before work that needs them
    setup_.site_keys = trusted.keys;
    caf::anon_send(setup_.journal, pin_keys{trusted.keys});
    caf::anon_send(setup_.librarian, std::move(trusted));
    caf::anon_send(setup_.distribution_point, site_registered{});
  }
  log::info("status_reporter", format("registered with site {} at {}", escaped(mail.answer.site),
                                      setup_.site_address));
  reports_due_ = true;
  next();
}

/// What it knows of its own site stays as it is, and so does its content: that one may come back.
void status_reporter_state::refuse(other_site other) {
  if (!other_) { backoff_ = {}; }  // it is told in the log
  other_ = std::move(other);
  site_refused_ = format(
      "site {} at {} has none of the keys of the site that {} follows; if it is to follow this one "
      "from now on, type there: sluice --node adopt",
      escaped(other_->code), setup_.site_address, setup_.parts.name);
  setup_.parts.orders->close(site_refused_);
  failed({errc::denied, 0, format("register: {}", site_refused_)});
}

/// The operator of the node says that the site which answers is its own from now on. Its jobs end
/// first; what they have still to say, nobody waits for.
caf::result<model::adoption> status_reporter_state::on_adopt() {
  if (!other_) {
    const std::string last = trouble_.empty() ? "" : format(" (the last time: {})", trouble_);
    return to_caf(error{errc::conflict, 0,
                        registered_ ? format("adopt a site: {} follows the one at {} already",
                                             setup_.parts.name, setup_.site_address)
                                    : format("adopt a site: no other than that of {} has answered "
                                             "at {} yet{}; see sluice --node status",
                                             setup_.parts.name, setup_.site_address, last)});
  }
  if (other_->keys.empty()) {
    return to_caf(error{errc::conflict, 0,
                        format("adopt site {}: it shows no keys, by which this node would know it; "
                               "see its log",
                               escaped(other_->code))});
  }
  adopters_.push_back(self_->make_response_promise<model::adoption>());
  if (adopters_.size() > 1) { return adopters_.back(); }
  self_->request(setup_.distribution_point, caf::infinite, leave_site{})
      .then([this, next = *other_](done) { forget_former(next); },
            [this](caf::error& failure) { answer_adopters(from_caf(failure)); });
  return adopters_.back();
}

void status_reporter_state::forget_former(const other_site& next) {
  if (!other_ || other_->keys != next.keys) {
    return answer_adopters(error{errc::conflict, 0,
                                 format("adopt site {}: it does not answer at {} any more",
                                        escaped(next.code), setup_.site_address)});
  }
  forgetting_ = true;
  self_->request(setup_.journal, caf::infinite, forget_site{next.keys})
      .then([this, next](std::uint64_t reports) { follow(next, reports); },
            [this](caf::error& failure) {
              forgetting_ = false;
              answer_adopters(from_caf(failure));
            });
}

void status_reporter_state::follow(const other_site& next, std::uint64_t reports) {
  forgetting_ = false;
  setup_.site_keys = next.keys;
  registered_ = reachable_ = false;
  other_.reset();
  site_refused_.clear();
  setup_.parts.orders->close(
      format("{} has yet to register with site {}, which it was just told "
             "to follow",
             setup_.parts.name, escaped(next.code)));
  undelivered_ = 0;
  backoff_ = {};
  next_call_ = self_->clock().now();
  log::warning("status_reporter",
               format("the operator of this node made site {} at {} its own; {} undelivered "
                      "reports to the former one are dropped",
                      escaped(next.code), setup_.site_address, reports));
  std::uint64_t contents = 0;
  for (const auto& part : parts_of_registration()) { contents += part.inventory.size(); }
  answer_adopters(model::adoption{next.code, setup_.site_address, contents, reports});
}

void status_reporter_state::answer_adopters(const result<model::adoption>& outcome) {
  for (auto& promise : std::exchange(adopters_, {})) {
    if (outcome) {
      promise.deliver(*outcome);
    } else {
      promise.deliver(to_caf(outcome.error()));
    }
  }
  next();
}

/// Who gives orders is there: no waiting for the next try, but no faster than once a second.
void status_reporter_state::on_site_called() {
  if (registered_ || busy_) { return; }
  next_call_ = std::min(next_call_, std::max(self_->clock().now(), failed_at_ + backoff_first));
  next();
}

void status_reporter_state::beat() {
  busy_ = true;
  beat_due_ = false;
  rpc::heartbeat_request mine{setup_.self.node, setup_.self.epoch, 0, {}};
  usage_under_way_ = usage_due_;
  if (usage_due_) { mine.usage = usage_; }
  const status_reporter_actor me{self_};
  call([me, mine](rpc::management_point_service& site) {
    const auto answer = site.heartbeat({}, mine);
    heart_beaten mail;
    if (answer) {
      mail.known = answer->known;
      mail.maintenance = answer->maintenance;
    }
    if (!answer) { mail.failure = answer.error(); }
    caf::anon_send(me, mail);
  });
}

/// Who is withheld from clients is to hear soon that it is no more.
std::chrono::nanoseconds status_reporter_state::beat_interval() const {
  if (setup_.parts.maintenance->load()) { return beat_under_maintenance; }
  return limits::heartbeat_interval;
}

void status_reporter_state::beat_later() {
  last_beat_ = self_->clock().now();
  next_beat_ = last_beat_ + beat_interval();
}

void status_reporter_state::on_heart_beaten(const heart_beaten& mail) {
  if (mail.failure) { return failed(*mail.failure); }
  busy_ = false;
  reachable_ = true;
  backoff_ = {};
  registered_ = mail.known;
  if (mail.known && usage_under_way_) { usage_due_ = false; }
  usage_under_way_ = false;
  if (mail.known) { setup_.parts.maintenance->store(mail.maintenance); }
  beat_later();
  next();
}

/// With the next heartbeat.
void status_reporter_state::on_usage_measured(const usage_measured& mail) {
  usage_ = mail.windows;
  usage_due_ = true;
  usage_under_way_ = false;
}

void status_reporter_state::on_host_settings(const change_host_settings& mail) {
  if (setup_.self.settings == mail.settings) { return; }
  setup_.self.settings = mail.settings;
  register_again_ = true;
  next();
}

void status_reporter_state::read_and_submit() {
  busy_ = true;
  reports_due_ = false;
  self_->request(setup_.journal, caf::infinite, read_outbox{limits::status_messages_per_batch})
      .then(
          [this](outbox_page& rows) {
            undelivered_ = rows.size();
            if (!rows.empty()) { return submit(std::move(rows)); }
            busy_ = false;
            next();
          },
          [this](caf::error& failure) { failed(from_caf(failure)); });
}

void status_reporter_state::submit(outbox_page rows) {
  rpc::report_batch batch{setup_.self.node, setup_.self.epoch, {}, {}};
  for (storage::outbox_row& row : rows) {
    submitted_up_to_ = row.sequence;
    if (row.state) {
      row.state->sequence = row.sequence;
      batch.states.push_back(std::move(*row.state));
    } else if (row.status) {
      row.status->sequence = row.sequence;
      batch.messages.push_back(std::move(*row.status));
    }
  }
  const status_reporter_actor me{self_};
  call([me, batch = std::move(batch)](rpc::management_point_service& site) {
    const auto answer = site.submit({}, batch);
    submitted mail;
    if (answer) { mail.acknowledged = *answer; }
    if (!answer) { mail.failure = answer.error(); }
    caf::anon_send(me, mail);
  });
}

void status_reporter_state::on_submitted(const submitted& mail) {
  if (mail.failure) {
    reports_due_ = true;
    if (mail.failure->code == errc::not_found) { registered_ = false; }
    return failed(*mail.failure);
  }
  reachable_ = true;
  backoff_ = {};
  // It is heard of, but not all is said: usage and maintenance go with the heart.
  next_beat_ = std::min(self_->clock().now() + beat_interval(), last_beat_ + 2 * beat_interval());
  self_->request(setup_.journal, caf::infinite, acknowledge_reports{mail.acknowledged})
      .then(
          [this, up_to = mail.acknowledged](done) {
            if (up_to < submitted_up_to_) {  // else the rest would go out again without a pause
              return failed({errc::refused, 0,
                             format("deliver reports: the site took them up to {} of {}", up_to,
                                    submitted_up_to_)});
            }
            busy_ = false;
            reports_due_ = true;  // until the outbox is empty
            next();
          },
          [this](caf::error& failure) { failed(from_caf(failure)); });
}

void status_reporter_state::failed(const error& failure) {
  busy_ = false;
  if (reachable_ || backoff_.count() == 0) { log::warning("status_reporter", describe(failure)); }
  reachable_ = false;
  reports_due_ = true;
  // A site that answers "not known" waits for its operator: ask often, he is about to look.
  const auto longest = failure.code == errc::not_found ? backoff_unknown : backoff_last;
  backoff_ = std::clamp<std::chrono::nanoseconds>(backoff_ * 2, backoff_first, longest);
  trouble_ = describe(failure);
  failed_at_ = self_->clock().now();
  next_call_ = failed_at_ + backoff_;
  next();
}

reporter_answer status_reporter_state::on_question() const {
  return {reachable_, undelivered_, site_refused_};
}

status_reporter_actor::behavior_type status_reporter(status_reporter_state::self_pointer self,
                                                     status_reporter_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](reports_waiting) { state.on_reports_waiting(); },
      [&state](reporter_tick) { state.on_tick(); },
      [&state](const registered& mail) { state.on_registered(mail); },
      [&state](const submitted& mail) { state.on_submitted(mail); },
      [&state](const heart_beaten& mail) { state.on_heart_beaten(mail); },
      [&state](const usage_measured& mail) { state.on_usage_measured(mail); },
      [&state](const change_host_settings& mail) { state.on_host_settings(mail); },
      [&state](reporter_question) { return state.on_question(); },
      [&state](adopt_site) { return state.on_adopt(); },
      [&state](site_called) { state.on_site_called(); },
  };
}

}  // namespace sluice::actors
