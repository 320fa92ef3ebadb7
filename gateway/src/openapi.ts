/**
 * One OpenAPI 3.1 document for the public door: the gateway's own routes, and of each service's document what the route
 * table lets through. Paths are matched by their form, whatever a service calls its parameters.
 */
import {
  AccountDetails,
  ChangeAccount,
  ChangeEmail,
  ChangePassword,
  ChangePin,
  ChangeProfile,
  ConfirmEmail,
  CreateProfile,
  Devices,
  Done,
  EraseProfile,
  MailSent,
  MailTo,
  ResetPassword,
  SignUp,
  VerifySignUp,
} from "@thewatcher/contracts/api/account";
import {
  ChooseProfile,
  DemoAccounts,
  HandedOver,
  HandOver,
  SessionView,
  SignIn,
} from "@thewatcher/contracts/api/session";
import { EventBatch, EventBatchAnswer } from "@thewatcher/contracts/events";
import { SERVICES, type ServiceName } from "@thewatcher/contracts/identity";
import { Problem } from "@thewatcher/contracts/problems";
import { ZoneView } from "@thewatcher/contracts/zones";
import { z } from "zod";
import { CSRF_HEADER } from "./csrf.ts";
import { type OwnRouteName, type Route, routes } from "./routes.ts";

interface Json {
  readonly [key: string]: unknown;
}

interface OwnOperation {
  readonly summary: string;
  readonly request?: z.ZodType;
  readonly response?: z.ZodType;
  /** Default: 200. */
  readonly status?: number;
}

const ownOperations: Readonly<Record<OwnRouteName, OwnOperation>> = {
  listDemoAccounts: { summary: "The demo's accounts, entered without a password", response: DemoAccounts },
  signIn: {
    summary: "Sign in with e-mail and password, or as one of the demo's accounts",
    request: SignIn,
    response: SessionView,
  },
  getSession: { summary: "Who is signed in on this device", response: SessionView },
  chooseProfile: {
    summary: "Choose the profile of this device, with its PIN where it has one",
    request: ChooseProfile,
    response: SessionView,
  },
  signOut: { summary: "End the session", response: SessionView },
  handOver: {
    summary: "A link that signs the same person in on another of our hosts, once, within a minute",
    request: HandOver,
    response: HandedOver,
  },
  redeemTicket: { summary: "Sign in by a link that is good once (query: ticket), then go to /", status: 303 },
  signUp: {
    summary: "Sign up: a mail follows, and the account is made by its link",
    request: SignUp,
    response: MailSent,
    status: 202,
  },
  resendSignUp: { summary: "The mail of a sign-up again", request: MailTo, response: MailSent, status: 202 },
  verifySignUp: {
    summary: "Make the account: the link's token with the password of the sign-up",
    request: VerifySignUp,
    response: SessionView,
  },
  askForReset: { summary: "A mail to set a new password", request: MailTo, response: MailSent, status: 202 },
  resetPassword: { summary: "Set a new password; signs every device out", request: ResetPassword, response: Done },
  getAccount: { summary: "The account that is signed in", response: AccountDetails },
  changeAccount: { summary: "Change the account's language", request: ChangeAccount, response: AccountDetails },
  changePassword: {
    summary: "Change the password; signs every other device out",
    request: ChangePassword,
    response: SessionView,
  },
  changeEmail: {
    summary: "Another e-mail: it counts once the link in its mail is followed",
    request: ChangeEmail,
    response: MailSent,
    status: 202,
  },
  confirmEmail: { summary: "Follow the link to another e-mail", request: ConfirmEmail, response: Done },
  listDevices: { summary: "Where the account is signed in", response: Devices },
  signOutDevice: { summary: "Sign out there", response: Done },
  signOutEverywhere: { summary: "Sign out everywhere, here too", response: SessionView },
  createProfile: { summary: "One more profile, up to six", request: CreateProfile, response: SessionView },
  changeProfile: { summary: "A profile's name, language and age mark", request: ChangeProfile, response: SessionView },
  changePin: { summary: "Set a profile's PIN or take it off", request: ChangePin, response: SessionView },
  eraseProfile: {
    summary: "Delete a profile and have everything forgotten that is known of it",
    request: EraseProfile,
    response: SessionView,
  },
  getZone: { summary: "What the host that was asked means: country, language, currency, shell", response: ZoneView },
  getDocs: { summary: "This document as a page for people" },
  getOpenApi: { summary: "This document" },
  getHealth: { summary: "The process lives" },
  getReadiness: { summary: "The process can serve" },
  getRecommendationRules: { summary: "By which rules titles are recommended, as a page for people (query: locale)" },
  getProblemPage: { summary: "What a problem means and what to do" },
};

/** Of routes that their service does not describe itself. */
const forwardedOperations: Readonly<Record<string, OwnOperation & { readonly operationId: string }>> = {
  "POST /api/v1/events": {
    operationId: "sendEvents",
    summary: "What happened in the app: each event is judged by itself",
    request: EventBatch,
    response: EventBatchAnswer,
  },
};

/** What belongs to the request and not to what it asks for. */
const csrfParameter = {
  name: CSRF_HEADER,
  in: "header",
  required: false,
  description: "With a session's cookie: what the last answer of GET /api/v1/session said",
  schema: { type: "string" },
};

const braced = (path: string) => path.replaceAll(/:(\w+)/g, "{$1}");
const formOf = (path: string) => path.replaceAll(/\{\w+\}/g, "{}");

/** Descriptions of services by name; a service without one leaves its routes with what the table knows. */
export function mergeOpenApi(documents: Partial<Readonly<Record<ServiceName, Json>>>): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Record<string, unknown> = { Problem: schemaOf(Problem) };
  const operations = new Map<ServiceName, Map<string, Described>>();
  for (const service of SERVICES) {
    const document = documents[service];
    if (!document) continue;
    // Two services may name different schemas alike.
    const prefixed = JSON.parse(
      JSON.stringify(document).replaceAll('"#/components/schemas/', `"#/components/schemas/${service}.`),
    ) as { paths?: Json; components?: { schemas?: Json } };
    for (const [name, schema] of Object.entries(prefixed.components?.schemas ?? {}))
      schemas[`${service}.${name}`] = schema;
    operations.set(service, operationsOf(prefixed.paths ?? {}));
  }
  for (const route of routes) {
    const method = route.method.toLowerCase();
    const path = braced(route.path);
    const found = route.to === "gateway" ? undefined : operations.get(route.to)?.get(`${method} ${formOf(path)}`);
    const operation = found ? renamed(found, path) : plainOperation(route);
    paths[path] ??= {};
    paths[path][method] = { ...operation, ...parametersOf(route, operation), ...accessOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "TheWatcher", version: "1", description: "The one public door of the cinema." },
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "__Host-session" },
        machine: { type: "http", scheme: "bearer", description: "thewatcher token --role service" },
      },
    },
  };
}

interface Described {
  /** As the service writes it. */
  readonly path: string;
  readonly operation: Json;
}

function operationsOf(paths: Json): Map<string, Described> {
  const found = new Map<string, Described>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods as Json)) {
      found.set(`${method} ${formOf(path)}`, { path, operation: operation as Json });
    }
  }
  return found;
}

const namesIn = (path: string): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);

/** The service's parameters by the names that the public path has. */
function renamed({ path: from, operation }: Described, to: string): Json {
  const names = new Map(namesIn(from).map((name, index) => [name, namesIn(to)[index]]));
  const parameters = (operation.parameters ?? []) as readonly Json[];
  if (parameters.length === 0) return operation;
  return {
    ...operation,
    parameters: parameters.map((one) => (one.in === "path" ? { ...one, name: names.get(String(one.name)) } : one)),
  };
}

function parametersOf(route: Route, operation: Json): Json {
  const callers: readonly string[] = route.callers;
  if (route.method === "GET" || !callers.includes("viewer")) return {};
  return { parameters: [...((operation.parameters ?? []) as readonly Json[]), csrfParameter] };
}

function plainOperation(route: Route): Json {
  const own =
    route.to === "gateway"
      ? { operationId: route.name, ...ownOperations[route.name as OwnRouteName] }
      : forwardedOperations[`${route.method} ${route.path}`];
  const parameters = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return {
    ...(own ? { operationId: own.operationId, summary: own.summary } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(own?.request ? { requestBody: { required: true, content: jsonContent(own.request, "input") } } : {}),
    responses: {
      [own?.status ?? 200]: {
        description: "OK",
        ...(own?.response ? { content: jsonContent(own.response, "output") } : {}),
      },
      default: {
        description: "A problem (RFC 9457)",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function accessOf(route: Route): Json {
  const callers: readonly string[] = route.callers;
  const security: Json[] = [];
  if (callers.includes("anonymous")) security.push({});
  if (callers.includes("viewer")) security.push({ session: [] });
  if (callers.some((caller) => caller !== "anonymous" && caller !== "viewer")) security.push({ machine: [] });
  return { security, "x-callers": callers };
}

const jsonContent = (schema: z.ZodType, io: "input" | "output") => ({
  "application/json": { schema: schemaOf(schema, io) },
});

function schemaOf(schema: z.ZodType, io: "input" | "output" = "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io });
  return rest;
}
