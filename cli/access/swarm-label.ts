/** Docker's own label of a container that a swarm runs: the id of its service. */
export const SWARM_SERVICE = 'com.docker.swarm.service.id';
