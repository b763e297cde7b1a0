#pragma once

/// Keeps bytes: the content library on disk, and the databases beside it.
///
///   library_layout     every path of the library
///   content_library    its only writer: staging, commit, records, trash
///   staging_file       a large file on its way in, verified piece by piece
///   content_catalogue  which contents are committed, and for whom
///   content_validation proves that what should be there is there
///   content_repair     takes what is not right out of service
///   library_lists      package records and index against the contents that are served
///   library_reader     committed bytes, for serving
///   snapshot           a source folder becomes a content
///   node_database      jobs, verified pieces, outbox of this node
///   usage_book         who was given content by this node
///   site_database      packages, distribution points, targets, jobs, messages of the site
#include "storage/content_catalogue.hpp"   // IWYU pragma: export
#include "storage/content_library.hpp"     // IWYU pragma: export
#include "storage/content_repair.hpp"      // IWYU pragma: export
#include "storage/content_validation.hpp"  // IWYU pragma: export
#include "storage/library_layout.hpp"      // IWYU pragma: export
#include "storage/library_lists.hpp"       // IWYU pragma: export
#include "storage/library_reader.hpp"      // IWYU pragma: export
#include "storage/library_user.hpp"        // IWYU pragma: export
#include "storage/node_database.hpp"       // IWYU pragma: export
#include "storage/site_database.hpp"       // IWYU pragma: export
#include "storage/site_rows.hpp"           // IWYU pragma: export
#include "storage/snapshot.hpp"            // IWYU pragma: export
#include "storage/staging_file.hpp"        // IWYU pragma: export
#include "storage/usage_book.hpp"          // IWYU pragma: export
