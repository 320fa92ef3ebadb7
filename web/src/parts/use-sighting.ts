/** A component's way to `sightings`. */
import { useEffect, useRef } from "react";
import { useServices } from "../services.ts";

/** A ref for the element to be seen. A new key (a new page's decision) is a new sighting. */
export function useSighting<Target extends Element>(key: string, onSeen: () => void) {
  const { sightings } = useServices();
  const element = useRef<Target>(null);
  const latest = useRef(onSeen);
  useEffect(() => {
    latest.current = onSeen;
  });
  useEffect(() => {
    if (element.current === null) return undefined;
    return sightings.watch(element.current, key, () => latest.current());
  }, [sightings, key]);
  return element;
}
