#include "apps/cli_definition.hpp"

#include <algorithm>

#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

using times = option::times;

const argument package_argument{"PKG", "a PackageID, as in PKG00012"};
const argument name_argument{"NAME", "the distribution point's name"};

option points_option(bool required) {
  return {"--dp", "NAME", "a distribution point; several may follow", times::many_words, required};
}

std::vector<verb> package_verbs() {
  const option priority{
      "--priority", "PRIORITY", "which packages go first where not all can: high, medium or low",
      times::once,  false,      {"high", "medium", "low"}};
  return {
      {"package add",
       "Takes a folder of the site server into the content library, as a package.",
       asked::site,
       {{"FOLDER", "a folder on the site server, beneath one of its source_roots"}},
       {{"--id", "ID", "the PackageID; the site allots one when not given"},
        {"--name", "TEXT", "what operators read; the folder's last name when not given"},
        priority},
       package_add},
      {"package list", "Lists the packages of the site.", asked::site, {}, {}, package_list},
      {"package show", "Shows one package.", asked::site, {package_argument}, {}, package_show},
      {"package set",
       "Changes the priority or the name of a package.",
       asked::site,
       {package_argument},
       {priority, {"--name", "TEXT", "what operators read"}},
       package_set},
      {"package remove",
       "Removes packages from the site and from their distribution points.",
       asked::site,
       {{"PKG", "a PackageID, as in PKG00012", false}},
       {{"--from-file", "FILE", "instead: all that a file names, one PackageID a line"},
        {"--yes", "", "with --from-file: do it, instead of saying what would be done"}},
       package_remove},
  };
}

/// What a distribution point is made with, and changed to.
std::vector<option> point_options() {
  return {
      {"--mode",
       "MODE",
       "pull (it fetches from its sources) or standard",
       times::once,
       false,
       {"pull", "standard"}},
      {"--source", "NAME:PRIORITY",
       "a source distribution point; the lowest priority is asked first", times::repeated},
      {"--schedule", "TEXT",
       "when the site may push: always, or ZONE DAYS HOURS open|medium|high|closed, "
       "as in \"Europe/Berlin mon-fri 08-18 high\""},
      {"--rate-limit", "TEXT",
       "how fast: unlimited, 20Mbit/s, \"pulse 256KB 5s\", or \"hourly 50\" (a share of the time, "
       "not of the link)"},
      {"--prestaged",
       "on|off",
       "on: it waits for prestaged content, and neither pulls nor is pushed to",
       times::once,
       false,
       {"on", "off"}},
  };
}

std::vector<option> joined(std::vector<option> first, const std::vector<option>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

std::vector<verb> distribution_point_verbs() {
  return {
      {"dp add",
       "Makes a distribution point known to the site.",
       asked::site,
       {name_argument},
       joined({{"--address", "HOST:PORT",
                "its control address ([distribution_point] control there), or: outbound, when "
                "that is its contact",
                times::once, true}},
              point_options()),
       distribution_point_add},
      {"dp list", "Lists the distribution points.", asked::site, {}, {}, distribution_point_list},
      {"dp show",
       "Shows one distribution point.",
       asked::site,
       {name_argument},
       {{"--all", "", "also what is kept but has no effect while it pulls"}},
       distribution_point_show},
      {"dp set",
       "Changes a distribution point; --source replaces all its sources.",
       asked::site,
       {name_argument},
       joined({{"--address", "HOST:PORT", "its new control address, or: outbound"},
               {"--maintenance",
                "on|off",
                "on: it takes nothing new, is nobody's source, and is withheld from clients",
                times::once,
                false,
                {"on", "off"}},
               {"--cancel", "", "jobs under way there are cancelled (they finish otherwise)"}},
              point_options()),
       distribution_point_set},
      {"dp remove",
       "Removes a distribution point: its content first, then what the site knows of it.",
       asked::site,
       {name_argument},
       {{"--keep-content", "", "forget it at once, and leave its content where it is"}},
       distribution_point_remove},
      {"dp settings",
       "Shows what decides how content comes to a distribution point, and where each value is "
       "from.",
       asked::site,
       {name_argument},
       {{"--effective", "", "also those that have their default"}},
       distribution_point_settings},
      {"usage",
       "Shows how many clients and distribution points each one gave content to, and how much.",
       asked::site,
       {},
       {{"--dp", "NAME", "only this distribution point"},
        {"--days",
         "1|7|30",
         "of the last so many days; 30 if not given",
         times::once,
         false,
         {"1", "7", "30"}},
        {"--csv", "", "as comma-separated values, all numbers in full"}},
       usage},
  };
}

std::vector<verb> source_verbs() {
  return {
      {"dp candidates",
       "Lists who may be a source of a distribution point, and who may not and why.",
       asked::site,
       {name_argument},
       {},
       source_candidates},
      {"dp source add",
       "Adds a source to a pull distribution point, or changes its priority.",
       asked::site,
       {name_argument, {"SOURCE:PRIORITY", "the source's name and priority"}},
       {},
       source_add},
      {"dp source remove",
       "Takes a source from a pull distribution point.",
       asked::site,
       {name_argument, {"SOURCE", "the source's name"}},
       {},
       source_remove},
  };
}

std::vector<verb> group_verbs() {
  const argument group{"GROUP", "the group's name"};
  return {
      {"group create",
       "Makes a distribution point group.",
       asked::site,
       {group},
       {points_option(false)},
       group_create},
      {"group add",
       "Puts distribution points into a group; they are sent what was distributed to it.",
       asked::site,
       {group},
       {points_option(true)},
       group_add},
      {"group remove",
       "Takes distribution points out of a group, or removes the group; content stays.",
       asked::site,
       {group},
       {points_option(false)},
       group_remove},
      {"group list", "Lists the groups.", asked::site, {}, {}, group_list},
      {"group show", "Shows one group.", asked::site, {group}, {}, group_show},
      {"group status",
       "Shows how far each package of a group is on its members.",
       asked::site,
       {group},
       {},
       group_status},
  };
}

std::vector<verb> distribution_verbs() {
  const option groups{"--group", "NAME", "a distribution point group; several may follow",
                      times::many_words};
  const option plan{"--plan", "", "say what would move, and do nothing"};
  const option with_sources{"--with-sources", "",
                            "send it also to a source of each that would wait for ever"};
  const option wait{"--wait", "", "follow to the end; 6 when only some targets got it"};
  const option patience{"--timeout", "SECONDS", "with --wait: give up after so long, exit code 7"};
  return {
      {"distribute",
       "Sends a package to distribution points; only what they lack moves.",
       asked::site,
       {package_argument},
       {points_option(false),
        groups,
        plan,
        with_sources,
        {"--redistribute", "", "copy and overwrite every file, whatever they have"},
        wait,
        patience},
       distribute},
      {"update",
       "Reads a package's folder again; its targets get what changed.",
       asked::site,
       {package_argument},
       {},
       package_update},
      {"redistribute",
       "Sends a package again: every file is copied and overwritten.",
       asked::site,
       {package_argument},
       {points_option(false), groups, plan, with_sources, wait, patience},
       redistribute},
      {"cancel",
       "Stops what is on its way; it is held until it is distributed again.",
       asked::site,
       {package_argument},
       {points_option(false),
        {"--discard", "", "what was fetched of it goes as well (it stays otherwise)"}},
       cancel},
      {"detach",
       "Stops following what is on its way; it goes on over there, and its success will count.",
       asked::site,
       {package_argument},
       {points_option(true)},
       detach},
  };
}

std::vector<verb> validation_verbs() {
  return {
      {"validate",
       "Proves that distribution points hold what they should, every byte of it; a pull "
       "distribution point fetches anew what is wrong.",
       asked::site,
       {{"PKG", "a PackageID, as in PKG00012", false}},
       {{"--all", "", "every package, and whatever is there besides"},
        {"--dp", "NAME", "only this distribution point"},
        {"--priority",
         "PRIORITY",
         "how much of the machine it may take; lowest when not given",
         times::once,
         false,
         {"lowest", "low", "medium", "high", "highest"}},
        {"--show", "CYCLE", "show how far an earlier cycle is, and what it found"},
        {"--wait", "", "follow to the end; 9 when something is wrong"},
        {"--timeout", "SECONDS", "with --wait: give up after so long, exit code 7"}},
       validate},
  };
}

std::vector<verb> question_verbs() {
  return {
      {"status",
       "Shows how far distributions are; with --node, what this node does.",
       asked::site_or_node,
       {{"PKG", "only this package", false}},
       {{"--dp", "NAME", "only this distribution point"},
        {"--watch", "", "go on showing, until interrupted"}},
       status},
      {"job list",
       "Lists the jobs of the site.",
       asked::site,
       {},
       {{"--dp", "NAME", "only this distribution point"}},
       job_list},
      {"job show",
       "Shows one job.",
       asked::site,
       {{"JOB", "a job id, 32 hex digits"}},
       {},
       job_show},
      {"why",
       "Says what a package waits for on a distribution point, and what would end the wait.",
       asked::site_or_node,
       {package_argument},
       {{"--dp", "NAME", "the distribution point (needed without --node)"}},
       why},
      {"messages",
       "Shows the last status messages, oldest first.",
       asked::site,
       {},
       {{"--last", "COUNT", "so many, 50 when not given"}},
       messages},
      {"catalogue",
       "Lists the status messages that sluice knows, or one of them: what each is about.",
       asked::nobody,
       {{"ID", "a message's number, as in 2391", false}},
       {},
       catalogue},
      {"library", "Shows the content library of this node.", asked::node, {}, {}, node_library},
      {"adopt",
       "Makes the site that answers at the configured address this node's own: it keeps its "
       "content, and has no jobs of its former site any more.",
       asked::node,
       {},
       {},
       node_adopt},
      {"completion",
       "Prints the completion script of a shell.",
       asked::nobody,
       {{"SHELL", "bash"}},
       {},
       completion},
      {"man", "Prints the manual page, for man(1).", asked::nobody, {}, {}, manual},
  };
}

std::vector<verb> make_verbs() {
  std::vector<verb> all = package_verbs();
  for (auto& more : {distribution_point_verbs(), source_verbs(), group_verbs(),
                     distribution_verbs(), validation_verbs(), question_verbs()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

const std::vector<verb>& verbs() {
  static const std::vector<verb> all = make_verbs();
  return all;
}

const std::vector<verb_group>& verb_groups() {
  static const std::vector<verb_group> all{
      {"package", "Packages of the site."},
      {"dp", "Distribution points."},
      {"dp source", "Sources of a pull distribution point."},
      {"group", "Groups of distribution points."},
      {"job", "Jobs: one package on its way to one distribution point."},
  };
  return all;
}

const std::vector<option>& global_options() {
  static const std::vector<option> all{
      {"--json", "", "print one JSON object: status, code, items"},
      {"--node", "", "ask the node this runs on, not the site: status, why, library, adopt"},
      {"--socket", "PATH",
       "the Unix socket to ask; /run/sluice/admin.sock or, with --node, /run/sluice/node.sock"},
      {"--help", "", "explain the command, and do nothing"},
      {"--version", "", "print the version, and do nothing"},
  };
  return all;
}

const verb* find_verb(std::string_view words) {
  const auto found = std::ranges::find(verbs(), words, &verb::words);
  return found == verbs().end() ? nullptr : &*found;
}

std::string_view program_version() { return SLUICE_VERSION; }

}  // namespace sluice::cli
