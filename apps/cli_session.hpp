#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli.hpp"
#include "apps/cli_json.hpp"
#include "apps/exit_code.hpp"

namespace sluice::cli {

struct verb;

/// A command line that was understood; values by name: "FOLDER", "--id".
struct invocation {
  const cli::verb* verb = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::set<std::string, std::less<>> flags;

  [[nodiscard]] bool has(std::string_view flag) const { return flags.contains(flag); }
  /// The value of a required name.
  [[nodiscard]] const std::string& one(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> maybe(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
};

/// What a verb has to say. A human reads `text` and `next`, a script the items.
struct answer {
  exit_code code = exit_code::ok;
  std::vector<json_item> items;
  std::string text;               ///< whole lines
  std::vector<std::string> next;  ///< commands to type now
  bool printed = false;           ///< all of it was printed as it came
};

/// One run of one verb. Services are connected when first asked for.
class session {
public:
  session(const world& outside, const invocation& call) : outside_(outside), call_(call) {}

  [[nodiscard]] const world& outside() const noexcept { return outside_; }
  [[nodiscard]] const invocation& call() const noexcept { return call_; }
  [[nodiscard]] bool json() const { return call_.has("--json"); }
  [[nodiscard]] bool node() const { return call_.has("--node"); }

  rpc::admin_service& site();
  rpc::node_service& local_node();
  /// A connection of its own, for a call that lasts.
  [[nodiscard]] std::shared_ptr<rpc::admin_service> another_site(
      std::chrono::milliseconds call_deadline) const;
  [[nodiscard]] static const rpc::principal& me();

private:
  const world& outside_;
  const invocation& call_;
  std::shared_ptr<rpc::admin_service> site_;
  std::shared_ptr<rpc::node_service> node_;
};

/// Prints as it comes, for verbs that follow something: text, or one JSON object a line.
void print_answer(const session& from, const answer& given);

/// All rows of a paged list; `ask` takes a page_request.
template <typename Row, typename Ask>
result<std::vector<Row>> all_rows(Ask ask) {
  std::vector<Row> rows;
  while (true) {
    result<rpc::page<Row>> page =
        ask(rpc::page_request{static_cast<std::uint32_t>(rows.size()), limits::list_page_rows});
    if (!page) { return page.error(); }
    rows.insert(rows.end(), page->rows.begin(), page->rows.end());
    if (page->rows.empty() || rows.size() >= page->total) { return rows; }
  }
}

}  // namespace sluice::cli
