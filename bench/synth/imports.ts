import '../../main';
