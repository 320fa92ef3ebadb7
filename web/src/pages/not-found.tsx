/** No such page, or no such film. */

import { Empty } from "../parts/states.tsx";
import { Link } from "../routing/router.tsx";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

export function NotFound() {
  return (
    <div className="lost">
      <title>{strings.pageTitle(pageStrings.notFound.title)}</title>
      <p className="lost__number" aria-hidden="true">
        404
      </p>
      <Empty title={pageStrings.notFound.title}>
        <p>{pageStrings.notFound.lead}</p>
        <Link to="/" className="button button--main">
          {strings.backHome}
        </Link>
      </Empty>
    </div>
  );
}
