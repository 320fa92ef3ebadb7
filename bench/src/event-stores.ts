/** A log and a warehouse by their URLs, embedded or a server's, as the command line opens them. */
import { systemClock } from "@thewatcher/kit/clock";
import { openKafkaEventLog } from "@thewatcher/stores/event-log/kafka";
import { openLmdbEventLog } from "@thewatcher/stores/event-log/lmdb";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import { openClickhouseWarehouse } from "@thewatcher/stores/warehouse/clickhouse";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";

const pathOf = (url: string) => url.slice(url.indexOf(":") + 1);

export const openLog = (url: string): Promise<EventLog> =>
  url.startsWith("lmdb:")
    ? openLmdbEventLog({ path: pathOf(url), clock: systemClock })
    : openKafkaEventLog({ url, clock: systemClock });

export const openWarehouse = (url: string): Promise<Warehouse> =>
  url.startsWith("chdb:")
    ? openChdbWarehouse({ path: pathOf(url), clock: systemClock })
    : openClickhouseWarehouse({ url, clock: systemClock });
