#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/configuration.hpp"

namespace sluice::apps {

/// One row per setting that exists: how it is read, printed and replaced while running. The
/// section's role must be present in the configuration that is touched ([node] always is).
struct known_setting {
  std::string_view section;
  std::string_view key;
  std::string_view accepted;  ///< what a value may be, for the error
  bool reloadable = false;
  std::function<bool(const toml_setting&, setting_origin, configuration&)> read;
  std::function<std::string(const configuration&)> print;  ///< as a TOML value; empty: not set
  std::function<const setting_origin&(const configuration&)> origin;
  std::function<void(configuration&, const configuration&)> copy;
};

/// All of them, in the order in which they are printed.
const std::vector<known_setting>& known_settings();

}  // namespace sluice::apps
