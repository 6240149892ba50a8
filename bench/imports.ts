import '../main';
