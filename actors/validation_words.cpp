#include "actors/validation_words.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

using storage::finding_kind;
using storage::validation_finding;

/// "3, 7-9"
std::string runs_text(const std::vector<storage::piece_run>& runs) {
  constexpr std::size_t runs_named_max = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(runs.size(), runs_named_max); ++i) {
    const storage::piece_run& run = runs[i];
    text += format("{}{}", i == 0 ? "" : ", ", run.first);
    if (run.count > 1) { text += format("-{}", run.first + run.count - 1); }
  }
  return runs.size() > runs_named_max ? text + ", ..." : text;
}

std::string found_text(const validation_finding& found) {
  const std::uint64_t pieces = hashing::piece_count(found.file.size);
  if (found.pieces_count == 0) { return describe(found.cause); }
  const char* what = found.kind == finding_kind::unreadable ? "unreadable" : "wrong";
  return format("{} of its {} pieces {}: {}", found.pieces_count, pieces, what,
                runs_text(found.pieces));
}

/// What it is called in a message.
std::string subject_of(const validation_finding& found) {
  switch (found.kind) {
    case finding_kind::content_missing: return "the content's record";
    case finding_kind::manifest_missing:
    case finding_kind::manifest_damaged: return "the manifest";
    case finding_kind::signature_damaged: return "the manifest's signature";
    case finding_kind::layer_missing:
    case finding_kind::layer_damaged: return "the piece layer of " + found.path;
    default: return found.path.empty() ? found.file.text() : found.path;
  }
}

/// Each subject once, in order.
std::vector<const validation_finding*> chosen(const storage::validation_report& report,
                                              bool missing) {
  std::vector<const validation_finding*> found;
  for (const validation_finding& each : report.findings) {
    if (each.repaired || is_missing(each.kind) != missing) { continue; }
    const bool again = std::ranges::any_of(found, [&](const validation_finding* other) {
      return subject_of(*other) == subject_of(each);
    });
    if (!again) { found.push_back(&each); }
  }
  return found;
}

std::string counted(std::uint64_t count, std::string_view what, const validation_finding& first) {
  if (count == 1) { return format("{} is {}", subject_of(first), what); }
  return format("{} and {} more are {}", subject_of(first), count - 1, what);
}

}  // namespace

std::vector<site_message> words_of_success(const validation_place& place,
                                           const model::content_id& content,
                                           const storage::validation_report& report) {
  std::vector<site_message> said;
  const std::string package = content.package.text();
  if (report.repaired > 0) {
    said.push_back({20003,
                    {package, format("{}", report.pieces_repaired),
                     "the files themselves: only their piece layers were wrong"}});
  }
  said.push_back({2384,
                  {package, format("{}", content.version), place.distribution_point, place.cycle,
                   format("{}", report.done.bytes_total)}});
  return said;
}

std::vector<site_message> words_of_failure(const validation_place& place,
                                           const model::content_id& content,
                                           const storage::validation_report& report,
                                           const std::optional<error>& failed) {
  std::vector<site_message> said;
  const std::string package = content.package.text();
  const auto damaged = chosen(report, false);
  const auto missing = chosen(report, true);
  for (const validation_finding* found : damaged) {
    if (said.size() == limits::validation_files_named_max) { break; }
    const bool file = model::raw(found->file.size) > 0;
    said.push_back(
        {2382,
         {package, content.text(), subject_of(*found),
          file ? found->file.digest.hex() : "what the site signed", found_text(*found)}});
  }
  if (!missing.empty()) {
    said.push_back(
        {2385,
         {package, content.text(), format("{}", report.missing), subject_of(*missing.front())}});
  }
  std::string reason = failed ? format("{}{}", still_in_service, describe(*failed)) : "";
  if (!damaged.empty()) {
    reason += reason.empty() ? "" : "; ";
    reason += counted(damaged.size(), "damaged", *damaged.front());
  }
  if (!missing.empty()) {
    reason += reason.empty() ? "" : "; ";
    reason += counted(report.missing, "missing", *missing.front());
  }
  const auto told = static_cast<std::uint64_t>(std::ranges::count_if(
      report.findings, [](const auto& each) { return !is_missing(each.kind); }));
  const std::uint64_t untold = report.done.findings - report.missing - told;
  if (untold > 0) { reason += format("; {} more findings", untold); }
  said.push_back({2383, {package, place.distribution_point, place.cycle, reason}});
  return said;
}

site_message words_of_mismatch(const validation_place& place,
                               const std::vector<std::string>& items) {
  std::string text;
  const std::size_t named = std::min<std::size_t>(items.size(), limits::validation_items_named_max);
  for (std::size_t i = 0; i < named; ++i) { text += (i == 0 ? "" : "; ") + items[i]; }
  if (items.size() > named) { text += format("; and {} more", items.size() - named); }
  return {2388, {place.distribution_point, place.cycle, text}};
}

}  // namespace sluice::actors
