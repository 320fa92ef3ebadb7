/** No such page, or no such film. */
import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/states.tsx";
import { strings } from "../strings.ts";

export function NotFound() {
  return (
    <div className="lost">
      <title>{strings.pageTitle(strings.notFound.title)}</title>
      <p className="lost__number" aria-hidden="true">
        404
      </p>
      <Empty title={strings.notFound.title}>
        <p>{strings.notFound.lead}</p>
        <Link to="/" className="button button--main">
          {strings.backHome}
        </Link>
      </Empty>
    </div>
  );
}
