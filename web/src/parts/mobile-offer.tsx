/** "There is a version for phones": goes there signed in, by the link that is good once, or stays for good. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { more } from "../api/more.ts";
import { sessionQuery } from "../api/queries.ts";
import { stayHere } from "../mobile-host.ts";
import { useServices } from "../services.ts";
import { pageStrings } from "../strings-of-pages.ts";
import { problemWords } from "./form.tsx";

export function MobileOffer({ host }: { readonly host: string }) {
  const words = pageStrings.mobile;
  const session = useQuery(sessionQuery);
  const { queue, notify } = useServices();
  const [isOpen, setOpen] = useState(true);
  const [isGoing, setGoing] = useState(false);
  if (!isOpen || session.data === undefined) return null;
  const isSignedIn = session.data.kind === "signed_in";

  async function go(): Promise<void> {
    setGoing(true);
    try {
      await queue.drain();
      location.assign(isSignedIn ? (await more.handOver(host)).url : `https://${host}/`);
    } catch (error) {
      notify(problemWords(error));
      setGoing(false);
    }
  }

  return (
    <aside className="offer" aria-label={words.label}>
      <p className="offer__words">{words.lead}</p>
      <button type="button" className="button button--main" disabled={isGoing} onClick={() => void go()}>
        {words.go}
      </button>
      <button
        type="button"
        className="button button--quiet"
        onClick={() => {
          stayHere();
          setOpen(false);
        }}
      >
        {words.stay}
      </button>
    </aside>
  );
}
