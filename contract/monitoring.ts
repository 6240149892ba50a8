/** What the containers that watch a cluster and the command agree on. */

/** Construct id of what watches a cluster, and the role of its containers by their label. */
export const MONITORING_NAME = 'monitoring';

/** Host names behind the cluster's, ports in the container, and programs. */
export const PROMETHEUS = { name: 'prometheus', port: 9090 } as const;
export const ALERTMANAGER = { name: 'alertmanager', port: 9093 } as const;

/** Files below `/ecp/files` beside `config.json`. */
export const MONITORING_FILES = {
  rules: 'rules.yml',
  targets: 'targets.json',
  alertmanager: 'alertmanager.yml',
} as const;
