#pragma once

#include <map>
#include <optional>
#include <set>

#include "actors/contracts.hpp"
#include "actors/node_parts.hpp"

namespace sluice::actors {

/// Where a job's mail goes besides the actors of every node.
using job_owner = caf::typed_actor<caf::reacts_to<turn_wanted>, caf::reacts_to<turn_returned>,
                                   caf::reacts_to<job_settled>, caf::reacts_to<job_over>,
                                   caf::reacts_to<job_waits>>;

struct transfer_job_setup {
  node_parts parts;
  model::notification notification;
  node_journal_actor journal;
  librarian_actor librarian;
  std::vector<content_source_actor> sources;  ///< as `notification.sources`
  job_owner owner;
  std::uint64_t seed = 0;  ///< for the random choice among equal sources
  /// Of before the restart: a cancelled or failed one reports once more; any other begins anew.
  model::job_situation before;
  std::string reason_before;
};

/// One content on its way: carries out what `model::advance` decides. Holds counters and cursors,
/// never sets of files (but the bounded pages under way).
class transfer_job_state {
public:
  using self_pointer = transfer_job_actor::stateful_pointer<transfer_job_state>;
  using time_point = caf::actor_clock::time_point;

  void begin(self_pointer self, transfer_job_setup setup);
  void on_start();
  void begin_now();
  void on_turn();
  void on_cancel(const std::string& user);
  rpc::cancel_outcome on_cancel_wish(const std::string& user);
  void on_told_again(const told_again& mail);
  void on_source_gained();
  void on_progress(const page_progress& progress);
  void on_tick(std::uint64_t wait);
  void store_last_report();
  job_answer on_question() const;

private:
  /// A stretch of the manifest whose missing files are to be fetched.
  struct stretch {
    storage::manifest_cursor from;
    std::optional<storage::manifest_cursor> until;  ///< unset: fresh ground
    std::optional<std::size_t> avoid;               ///< the source that failed it last
    bool was_asked = false;  ///< of a source before: what staging holds of it is counted
  };
  struct page {
    stretch where;
    std::size_t source = 0;
    bool large = false;
    time_point begun;
    page_progress progress;
    std::uint32_t sources = 1;  ///< so many may bring a large file of it
    std::uint64_t helps = 0;    ///< another page, with parts of its large file (Z8)
    std::uint32_t files = 0;
  };

  void apply(model::job_event event);
  void carry_out(model::job_command command);
  bool carry_out_report(model::job_command command);
  void with_turn(model::job_command command);
  void return_turn();
  void record_state();
  void record_sources();
  void report(model::state_report what, bool final_report);
  void on_last_report_refused(const error& failure);
  model::state_message state_message(model::state_report what) const;
  void finish();

  void recheck_manifest();
  void ask_manifest();
  void on_manifest(std::size_t source, const manifest_outcome& outcome);
  void plan_missing();
  void check_space();
  void measure_missing();
  void make_room(std::uint64_t bytes);
  void pump();
  void list(const stretch& where);
  void on_listing(const stretch& where, const storage::missing_page& found);
  void dispatch(const stretch& where, const storage::missing_page& found);
  void ask_page(page entry, fetch_page asked);
  void ask_helpers(std::uint64_t number);
  void on_page(std::uint64_t number, const page_outcome& outcome);
  void on_help(const page& ended, const page_outcome& outcome);
  void learn_speed(const page& ended, std::uint64_t bytes);
  void on_page_failure(const page& ended, const page_outcome& outcome);
  void on_trouble(const error& trouble);
  void pause(std::chrono::seconds delay);
  void on_retry();
  void sources_exhausted();
  void stop_fetching();
  void commit();
  void on_commit_failed(const error& failure);

  std::optional<std::size_t> choose(std::optional<std::size_t> avoid);
  void judge(std::size_t source, model::source_verdict verdict, std::string words);
  void mark(std::size_t source, const source_failure& failure);
  void praise(std::size_t source);
  void step_back(std::size_t source);
  void pass_over(std::size_t source, const source_failure& failure);
  void fail_back();
  bool is_in_haste(std::size_t source) const;
  bool is_asked_again(std::size_t source, const source_failure& failure);
  void wait_for_source();
  void probe_sources();
  void wait_for_space();
  void wait_for_prestage();
  void look_for_prestaged();
  void look_for_files();
  void say(std::uint32_t id, std::vector<std::string> insertions);
  void say_parked();
  void schedule_tick(std::chrono::nanoseconds delay);
  void update_rate();
  std::uint64_t bytes_done_now() const;
  page_progress totals_now() const;
  model::why_report why() const;
  model::calendar_time calendar_of(time_point when) const;

  self_pointer self_ = nullptr;
  transfer_job_setup setup_;
  model::job_situation situation_;
  std::vector<model::ranked_source> ranking_;
  std::set<std::size_t> gone_;  ///< sources once, named as such no more
  /// Since it last gave something: X5, X30 and X31 cost it its place the second time.
  enum class patience : std::uint8_t { left, spent, used };
  struct source_record {
    std::string words = "not asked yet";  ///< what became of it, one sentence
    patience left = patience::left;
    bool was_silent = false;             ///< it is not left in haste again
    std::optional<time_point> again_at;  ///< it was cut off, and is asked again from then on
  };
  std::vector<source_record> records_;      ///< as `ranking_`
  std::optional<std::size_t> passed_over_;  ///< for the manifest: it was silent
  seeded_random random_{0};
  storage::content_facts facts_;
  bool manifest_there_ = false;  ///< of prestaged content: checked

  bool has_turn_ = false;
  bool wants_turn_ = false;
  std::optional<model::job_command> after_turn_;

  storage::manifest_cursor cursor_;
  bool at_end_ = false;
  bool listing_ = false;
  bool pausing_ = false;  ///< after a trouble, or while another job writes a file of ours
  bool exhausted_ = false;
  std::vector<stretch> retries_;
  std::map<std::uint64_t, page> pages_;
  std::uint64_t last_page_ = 0;
  std::uint32_t troubles_ = 0;

  static constexpr std::uint64_t space_reserve = 64 * limits::mib;  ///< left to the others
  std::uint64_t space_wanted_ = space_reserve;                      ///< what a parked job waits for
  std::uint64_t bytes_present_ = 0;
  page_progress settled_;  ///< sums of the pages that are over
  std::uint64_t bytes_shown_ = 0;
  std::uint64_t rate_ = 0;
  std::uint64_t rate_bytes_ = 0;
  time_point rate_time_;
  time_point reported_time_;
  std::string current_source_;
  std::string reason_;
  time_point since_;
  std::uint64_t wait_ = 0;  ///< counts waits: a tick of an earlier one does nothing
  std::optional<append_reports> last_report_;  ///< how it ended; not durable yet
  std::optional<error> last_report_trouble_;
  std::chrono::seconds last_report_delay_{};
  time_point last_report_next_;
  bool forget_after_report_ = false;
  bool brings_nothing_ = false;               ///< `job_settled` was sent
  bool commit_lacks_room_ = false;            ///< the commit is tried again and again
  std::optional<std::string> cancel_wanted_;  ///< by whom, after the commit point
  bool fetched_since_commit_ = true;          ///< anything, since the last commit that failed
  std::optional<time_point> next_round_;
  std::optional<time_point> begins_at_;        ///< it is held back a moment (G10)
  std::optional<time_point> quarantine_over_;  ///< of the first source that may be asked again
  std::chrono::nanoseconds probe_delay_{};
  std::optional<time_point> rests_until_;  ///< the first source that may be asked again (X4)
};

transfer_job_actor::behavior_type transfer_job(transfer_job_state::self_pointer self,
                                               transfer_job_setup setup);

}  // namespace sluice::actors
