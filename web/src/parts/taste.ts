/** What the service believes of a profile, and what its viewer says to that. */
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { more } from "../api/more.ts";
import { useServices } from "../services.ts";
import { problemWords } from "./form.tsx";

export const tasteQuery = (profileId: string) =>
  queryOptions({ queryKey: ["taste", profileId], queryFn: () => more.getTaste(profileId) });

/** Whatever is said changes the sheet and the page. Answers whether it was taken. */
export function useSayOfTaste(profileId: string) {
  const { notify } = useServices();
  const queries = useQueryClient();
  return async (what: () => Promise<void>, said: Parameters<typeof notify>): Promise<boolean> => {
    let isSaid = true;
    try {
      await what();
      notify(...said);
    } catch (error) {
      isSaid = false;
      notify(problemWords(error));
    }
    await Promise.all([
      queries.invalidateQueries({ queryKey: tasteQuery(profileId).queryKey }),
      queries.invalidateQueries({ queryKey: ["home", profileId] }),
    ]);
    return isSaid;
  };
}
