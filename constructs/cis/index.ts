export { CisDockerAspect, type CisDockerAspectProps, type CisWaiver } from './cis-docker-aspect';
export { ecpCisWaivers } from './cis-waivers';
