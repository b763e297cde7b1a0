#include "apps/cli_text.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

result<answer> node_status(session& now) {
  const auto report = now.local_node().node_status(session::me());
  if (!report) { return report.error(); }
  text_fields fields;
  fields.add("name", report->name);
  fields.add("node", report->node.text());
  fields.add("version", report->version);
  const bool refused = !report->site_refused.empty();
  const char* reach = report->site_reachable ? "reachable" : "not reachable";
  fields.add("site", format("{} ({})", report->site_address, refused ? "not followed" : reach));
  if (refused) { fields.add("why", report->site_refused); }
  fields.add("outbox", counted(report->outbox, "report") + " not delivered yet");
  answer made{exit_code::ok, {json_of(*report)}, fields.text(), {}};
  text_table table(
      {{"CONTENT"}, {"STATE"}, {"DONE", true}, {"OF", true}, {"RATE", true}, {"SOURCE"}, {"WHY"}});
  for (const model::node_job_row& row : report->jobs) {
    table.add({{row.content.text()},
               {std::string(model::name_of(row.state))},
               {human_bytes(model::raw(row.bytes_done))},
               {human_bytes(model::raw(row.bytes_total))},
               {row.bytes_per_second > 0 ? human_rate(row.bytes_per_second) : ""},
               {row.source},
               {row.reason}});
  }
  made.text += table.empty() ? "No jobs.\n" : "\n" + table.text(now.outside().colour);
  made.next = {report->jobs.empty() ? "sluice --node library" : "sluice --node why PKG"};
  if (refused) { made.next = {"sluice --node adopt"}; }
  return made;
}

result<answer> node_library(session& now) {
  const auto report = now.local_node().node_library(session::me());
  if (!report) { return report.error(); }
  text_fields fields;
  fields.add("library", report->root);
  fields.add("contents", format("{}", report->contents));
  fields.add("files", format("{}", report->files));
  fields.add("size", human_bytes(report->bytes));
  fields.add("free", human_bytes(report->bytes_free));
  answer made{exit_code::ok, {json_of(*report)}, fields.text(), {}};
  for (const std::string& id : report->content_ids) { made.text += escaped(id) + "\n"; }
  return made;
}

/// A10. To type it is the consent.
result<answer> node_adopt(session& now) {
  const auto report = now.local_node().node_adopt(session::me());
  if (!report) { return report.error(); }
  answer made{exit_code::ok, {json_of(*report)}, {}, {}};
  made.text = format("This node follows site {} at {} from now on.\n", escaped(report->site),
                     report->site_address);
  made.text +=
      format("{} {} here: what this site wants of it is not sent again.\n",
             counted(report->contents, "content"), report->contents == 1 ? "stays" : "stay");
  if (report->reports > 0) {
    made.text += format("{} to the former site {} dropped.\n", counted(report->reports, "report"),
                        report->reports == 1 ? "is" : "are");
  }
  made.next = {"sluice --node status"};
  return made;
}

}  // namespace sluice::cli
