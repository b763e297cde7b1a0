#pragma once

#include <deque>
#include <map>
#include <set>

#include "actors/contracts.hpp"
#include "actors/node_parts.hpp"
#include "actors/validation_words.hpp"

namespace sluice::actors {

struct content_validation_setup {
  node_parts parts;
  node_journal_actor journal;
  /// `refetch`: a job of the site fetches what is taken out of service.
  storage::repair_way repair = storage::repair_way::refetch;
};

/// Proves what the distribution point holds: one cycle at a time, its contents one after another.
/// What it says goes through the outbox, or straight to whoever ordered the cycle.
///
///   (assembling) -> waiting -> comparing lists -> for each content: validating
///                -> (what is wrong is taken out of service) -> telling -> the next one -> over
class content_validation_state {
public:
  using self_pointer = content_validation_actor::stateful_pointer<content_validation_state>;
  using time_point = caf::actor_clock::time_point;

  void begin(self_pointer self, content_validation_setup setup);
  result<void> on_begin(const begin_validation& asked);
  result<model::validation_row> on_question(model::cycle_id id);
  caf::result<done> on_abort(const std::string& reason);
  void on_moved(const validation_moved& news);
  void on_lists(std::uint64_t number, const result<std::vector<std::string>>& items);
  void on_validated(std::uint64_t number, const result<storage::validation_report>& report);
  void on_repaired(std::uint64_t number, const storage::content_repair& repair);
  void flush();
  void repair_if_due();

private:
  struct chosen_content {
    model::content_id content;
    std::uint64_t bytes = 0;  ///< that it should have
    bool held = false;        ///< here when it was chosen
  };
  struct cycle {
    model::cycle_id id;
    model::validation_priority priority = model::validation_priority_default;
    bool all = false;
    std::uint32_t next_part = 0;
    std::map<model::content_id, model::digest> desired{};
    std::set<model::content_id> held{};  ///< of those, here when they were ordered
    site_message_listener listener{};
    std::vector<chosen_content> contents{};  ///< known once the lists were compared
    std::size_t next = 0;
    model::validation_row row{};
    std::size_t findings_bytes = 0;   ///< of those in `row`
    std::uint64_t bytes_settled = 0;  ///< of the contents that are done
    std::uint64_t files_settled = 0;
    std::uint64_t bytes_ahead = 0;  ///< of those that were not begun
  };
  using then = std::function<void()>;

  result<cycle*> assembling(const begin_validation& asked);
  void pump();
  [[nodiscard]] bool is_followed(const model::content_id& content) const;
  [[nodiscard]] bool holds(const model::content_id& content) const;
  std::vector<std::string> choose_contents();
  void next_content();
  void validate_next();
  void on_round(const storage::validation_report& report);
  void begin_repair();
  void repair_failed(error why);
  void fail_content(const std::optional<error>& failed);
  void content_done();
  void finish();
  void end_cycle(cycle over, model::validation_state how, const std::string& reason);
  void say(cycle& of, std::vector<site_message> said, then after);
  void count_bytes();
  [[nodiscard]] bool knows(const model::cycle_id& id) const;
  [[nodiscard]] validation_place place_of(const cycle& of) const;
  [[nodiscard]] storage::validation_hooks make_hooks(std::uint64_t number);

  self_pointer self_ = nullptr;
  content_validation_setup setup_;
  std::deque<cycle> assembling_;  ///< at most `limits::validation_cycles_waiting_max`
  std::deque<cycle> waiting_;     ///< the same
  std::optional<cycle> running_;
  std::deque<std::pair<model::cycle_id, model::validation_row>> ended_;

  std::uint64_t number_ = 0;                         ///< of the operation under way
  io::ticket ticket_;                                ///< dropped: the content under way is left
  storage::validation_report report_;                ///< what is said of the content under way
  std::optional<storage::validation_report> round_;  ///< what of it is being taken out of service
  std::uint32_t repairs_ = 0;                        ///< of the content under way, tried
  std::optional<time_point> repair_again_;           ///< when the next is tried
  storage::validation_progress current_;
  std::uint64_t rate_bytes_ = 0;
  time_point rate_time_;

  struct unsaid {
    std::vector<storage::outbox_row> rows;
    then after;
  };
  std::deque<unsaid> unsaid_;  ///< the outbox has not taken them
  bool saying_ = false;
};

content_validation_actor::behavior_type content_validation(
    content_validation_state::self_pointer self, content_validation_setup setup);

}  // namespace sluice::actors
