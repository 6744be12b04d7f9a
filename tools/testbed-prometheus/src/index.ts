export { type PrometheusServer, type Series, startPrometheus } from './prometheus-server.ts';
