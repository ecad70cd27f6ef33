import { BACKEND_RULES, type BackendPlan } from "./backend/rules";
import { BEAT_RULES } from "./celery/beat";
import { CELERY_RULES, type CeleryPlan } from "./celery/rules";
import { POSTGRES_RULES, type PostgresPlan } from "./postgres/rules";
import { REDIS_RULES, type RedisPlan } from "./redis/rules";

/** The services whose numbers an override may replace, and the rules of each, in the order they are shown. */
export const SERVICE_RULES = {
  backend: BACKEND_RULES,
  celery: CELERY_RULES,
  postgres: POSTGRES_RULES,
  redis: REDIS_RULES,
  beat: BEAT_RULES,
} as const;

/** A service whose numbers an override may replace. */
export type Service = keyof typeof SERVICE_RULES;

/** What each of them runs with. */
export interface ServicePlans {
  readonly backend: BackendPlan;
  readonly celery: CeleryPlan;
  /** Undefined where PostgreSQL runs elsewhere. */
  readonly postgres: PostgresPlan | undefined;
  /** Undefined where Redis runs elsewhere. */
  readonly redis: RedisPlan | undefined;
}
